// The door to popt.
#ifndef TOKEND_CPOPT_H
#define TOKEND_CPOPT_H

#include <popt.h>

#endif

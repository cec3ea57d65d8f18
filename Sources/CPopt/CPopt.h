// The door to popt.
#ifndef TOKEND_CPOPT_H
#define TOKEND_CPOPT_H

#include <popt.h>

/// The structure, by a name that popt has not given to a pointer to it too.
typedef struct poptOption CPoptEntry;

#endif

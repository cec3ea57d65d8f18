// The door to inih: INI-style configuration files.
#ifndef TOKEND_CINIH_H
#define TOKEND_CINIH_H

#include <ini.h>

#endif

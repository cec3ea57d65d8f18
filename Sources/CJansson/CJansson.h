// The door to jansson: JSON output.
#ifndef TOKEND_CJANSSON_H
#define TOKEND_CJANSSON_H

#include <jansson.h>

#endif

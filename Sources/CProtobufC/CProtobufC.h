// The door to libprotobuf-c.
#ifndef TOKEND_CPROTOBUFC_H
#define TOKEND_CPROTOBUFC_H

#include <protobuf-c/protobuf-c.h>

#endif

// The door to nettle: SHA-256 and base64.
#ifndef TOKEND_CNETTLE_H
#define TOKEND_CNETTLE_H

#include <nettle/base64.h>
#include <nettle/sha2.h>

#endif

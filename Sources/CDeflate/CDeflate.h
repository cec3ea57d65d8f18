// The door to libdeflate: CRC-32.
#ifndef TOKEND_CDEFLATE_H
#define TOKEND_CDEFLATE_H

#include <libdeflate.h>

#endif

// The door to libcrypto (OpenSSL 3): message digests only.
#ifndef TOKEND_CCRYPTO_H
#define TOKEND_CCRYPTO_H

#include <openssl/evp.h>

#endif

// The door to libsmartcols (util-linux): tables on a terminal.
#ifndef TOKEND_CSMARTCOLS_H
#define TOKEND_CSMARTCOLS_H

#include <libsmartcols/libsmartcols.h>

#endif

// The door to libsystemd: readiness and passed sockets.
#ifndef TOKEND_CSYSTEMD_H
#define TOKEND_CSYSTEMD_H

#include <systemd/sd-daemon.h>

#endif

// The door to libsystemd: readiness, the watchdog and descriptors that are passed.
#ifndef TOKEND_CSYSTEMD_H
#define TOKEND_CSYSTEMD_H

#include <systemd/sd-daemon.h>

#endif

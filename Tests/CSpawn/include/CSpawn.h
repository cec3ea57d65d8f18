// The door to what posix_spawn(3) can do and `import Glibc` does not show.
#ifndef TOKEND_CSPAWN_H
#define TOKEND_CSPAWN_H

#include <sys/types.h>

/// Starts a program that has no descriptor but its three, no signal blocked and none ignored.
/// `descriptors` are standard input, output and error; the caller's own where one is negative.
/// Returns 0, or an error number as posix_spawn(3) does.
int cspawn_start(pid_t *process, const char *program, char *const arguments[], char *const environment[],
                 const int descriptors[3]);

#endif

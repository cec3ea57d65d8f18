#!/usr/bin/env python3
"""hold PROCESS THREAD: stops one thread of a process, as ptrace(2) can, until the process has gone or ten seconds have
passed. Prints "held" once it stands still."""

import ctypes
import os
import signal
import sys

# Of sys/ptrace.h and wait(2).
ATTACH = 16
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

process, name = sys.argv[1:]
threads = f"/proc/{process}/task"
for thread in os.listdir(threads):
    with open(f"{threads}/{thread}/comm") as comm:
        if comm.read().strip() == name:
            break
else:
    sys.exit(f"process {process} has no thread {name}")
if libc.ptrace(ATTACH, int(thread), None, None) != 0:
    sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")
os.waitpid(int(thread), WALL)
print("held", flush=True)
signal.alarm(10)
# Until whoever traces it has seen its end, the process is not gone.
while True:
    _, status = os.waitpid(int(thread), WALL)
    if os.WIFEXITED(status) or os.WIFSIGNALED(status):
        break

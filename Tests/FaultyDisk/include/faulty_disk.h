// A disk in memory, behind SQLite's virtual file system "faulty", that fails and loses its power when it is told to.
#ifndef TOKEND_FAULTY_DISK_H
#define TOKEND_FAULTY_DISK_H

#include <stdint.h>

typedef enum {
    FAULTY_DISK_NOTHING = 0,
    // This operation and all that follow fail, as if the machine had stopped there.
    FAULTY_DISK_DEATH,
    // One operation fails with EIO.
    FAULTY_DISK_ERROR,
    // One operation fails with EIO; if it is a write, it has written some of its bytes.
    FAULTY_DISK_SHORT_WRITE,
    // From this operation on, writes that make files longer fail with ENOSPC.
    FAULTY_DISK_FULL,
    // One read fails with EIO. Reads are counted for themselves.
    FAULTY_DISK_READ_ERROR,
    // The next sync fails.
    FAULTY_DISK_SYNC_ERROR,
} faulty_disk_fault;

// Registers the file system. To be called once, before it is named.
int faulty_disk_install(void);
// Takes all files away.
void faulty_disk_wipe(void);
// Remembers how the files are, and makes them so again.
void faulty_disk_keep(void);
void faulty_disk_recall(void);
// Lets the operation after so many more have a fault, and counts operations from 0 again. Operations are those that
// change something: writes, syncs, truncations, deletions.
void faulty_disk_arm(uint64_t after, faulty_disk_fault fault);
uint64_t faulty_disk_operations(void);
uint64_t faulty_disk_reads(void);
// How many operations and reads have failed so, since the program began. What is armed may come upon nothing.
uint64_t faulty_disk_struck(void);
// Makes it well under a process that goes on: nothing is armed, and files can grow again. Returns 0, and does nothing, if
// the disk has died: then the process must end first.
int faulty_disk_mend(void);
// Whether files can't grow: what was armed for that has come.
int faulty_disk_is_full(void);
// Lets everything fail from now on: the process that had files open is dead.
void faulty_disk_die(void);
// What was not synced is lost, or there, or there in part, each write for itself; the disk works again.
void faulty_disk_lose_power(uint64_t seed);
// What was written is all there, as the kernel had it; the disk works again.
void faulty_disk_restart(void);
// Whether syncs do what they promise.
void faulty_disk_set_honest(int is_honest);
// Flips a bit of a file, or cuts it.
int64_t faulty_disk_size(const char *suffix);
void faulty_disk_flip(const char *suffix, int64_t byte, int bit);
void faulty_disk_cut(const char *suffix, int64_t size);
void faulty_disk_remove(const char *suffix);

#endif

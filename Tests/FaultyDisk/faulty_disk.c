#include "faulty_disk.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// What a disk may tear a write into.
enum { SECTOR = 512, FILES = 16 };

typedef struct {
    uint8_t *bytes;
    int64_t size;
} image;

// A change that no sync has made durable yet: a write, or, without bytes, a new size.
typedef struct {
    uint8_t *bytes;
    int64_t offset, size;
} change;

typedef struct {
    char name[512];
    int is_there, is_durable, is_new;
    image now, durable;
    change *changes;
    int count, room;
} entry;

typedef struct {
    sqlite3_file base;
    int entry;
} handle;

static entry files[FILES];
static entry kept[FILES];
static uint64_t operations, reads, fault_at, struck;
static faulty_disk_fault fault;
static int is_dead, is_full, is_honest = 1;
static sqlite3_vfs *real;

static void *checked(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

static void image_resize(image *image, int64_t size) {
    if (size > image->size) {
        image->bytes = checked(realloc(image->bytes, (size_t)size));
        memset(image->bytes + image->size, 0, (size_t)(size - image->size));
    }
    image->size = size;
}

static void image_write(image *image, int64_t offset, const uint8_t *bytes, int64_t count) {
    if (offset + count > image->size) image_resize(image, offset + count);
    memcpy(image->bytes + offset, bytes, (size_t)count);
}

static void image_copy(image *to, const image *from) {
    to->bytes = checked(realloc(to->bytes, (size_t)from->size + 1));
    if (from->size > 0) memcpy(to->bytes, from->bytes, (size_t)from->size);
    to->size = from->size;
}

static void forget_changes(entry *entry) {
    for (int i = 0; i < entry->count; i++) free(entry->changes[i].bytes);
    entry->count = 0;
}

static void note_change(entry *entry, int64_t offset, const uint8_t *bytes, int64_t size) {
    if (entry->count == entry->room) {
        entry->room = entry->room ? entry->room * 2 : 64;
        entry->changes = checked(realloc(entry->changes, (size_t)entry->room * sizeof(change)));
    }
    change *change = &entry->changes[entry->count++];
    change->offset = offset;
    change->size = size;
    change->bytes = NULL;
    if (bytes) {
        change->bytes = checked(malloc((size_t)size + 1));
        memcpy(change->bytes, bytes, (size_t)size);
    }
}

static entry *find(const char *name) {
    for (int i = 0; i < FILES; i++)
        if (files[i].is_there && strcmp(files[i].name, name) == 0) return &files[i];
    return NULL;
}

// Says which fault this operation has.
static faulty_disk_fault operate(void) {
    if (is_dead) return FAULTY_DISK_DEATH;
    if (fault == FAULTY_DISK_NOTHING || operations++ != fault_at) return FAULTY_DISK_NOTHING;
    if (fault == FAULTY_DISK_READ_ERROR || fault == FAULTY_DISK_SYNC_ERROR) return FAULTY_DISK_NOTHING;
    if (fault == FAULTY_DISK_DEATH) is_dead = 1;
    if (fault == FAULTY_DISK_FULL) is_full = 1;
    // A full disk strikes once something grows.
    if (fault != FAULTY_DISK_FULL) struck++;
    return fault;
}

static int fails(faulty_disk_fault fault) {
    return fault == FAULTY_DISK_DEATH || fault == FAULTY_DISK_ERROR || fault == FAULTY_DISK_SHORT_WRITE;
}

// MARK: A file

static int file_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
    entry *entry = &files[((handle *)file)->entry];
    if (is_dead) return SQLITE_IOERR_READ;
    uint64_t read = reads++;
    if (fault == FAULTY_DISK_READ_ERROR && read == fault_at) {
        struck++;
        return SQLITE_IOERR_READ;
    }
    int64_t there = entry->now.size - offset;
    if (there < 0) there = 0;
    if (there > count) there = count;
    if (there > 0) memcpy(into, entry->now.bytes + offset, (size_t)there);
    if (there == count) return SQLITE_OK;
    memset((uint8_t *)into + there, 0, (size_t)(count - there));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    entry *entry = &files[((handle *)file)->entry];
    switch (operate()) {
    case FAULTY_DISK_DEATH: return SQLITE_IOERR_WRITE;
    case FAULTY_DISK_ERROR: return SQLITE_IOERR_WRITE;
    case FAULTY_DISK_SHORT_WRITE:
        count /= 2;
        image_write(&entry->now, offset, bytes, count);
        note_change(entry, offset, bytes, count);
        return SQLITE_IOERR_WRITE;
    default: break;
    }
    if (is_full && offset + count > entry->now.size) {
        struck++;
        return SQLITE_FULL;
    }
    image_write(&entry->now, offset, bytes, count);
    note_change(entry, offset, bytes, count);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    entry *entry = &files[((handle *)file)->entry];
    if (fails(operate())) return SQLITE_IOERR_TRUNCATE;
    image_resize(&entry->now, size);
    note_change(entry, size, NULL, 0);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    entry *entry = &files[((handle *)file)->entry];
    int is_doomed = !is_dead && fault == FAULTY_DISK_SYNC_ERROR && operations >= fault_at;
    if (is_doomed) {
        struck++;
        fault = FAULTY_DISK_NOTHING;
    }
    if (is_doomed || fails(operate())) {
        // As Linux does: what could not be written is believed to be there, and no later sync tries it again. It is read
        // from memory as long as the machine runs (https://wiki.postgresql.org/wiki/Fsync_Errors).
        if (!is_dead) forget_changes(entry);
        return SQLITE_IOERR_FSYNC;
    }
    if (!is_honest) return SQLITE_OK;
    // With a new file SQLite's own file system syncs the directory, and with that what was deleted is gone for ever.
    if (entry->is_new)
        for (int i = 0; i < FILES; i++)
            if (!files[i].is_there) files[i].is_durable = 0;
    entry->is_new = 0;
    entry->is_durable = 1;
    for (int i = 0; i < entry->count; i++) {
        change *change = &entry->changes[i];
        if (change->bytes)
            image_write(&entry->durable, change->offset, change->bytes, change->size);
        else
            image_resize(&entry->durable, change->offset);
    }
    forget_changes(entry);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    *size = files[((handle *)file)->entry].now.size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level) {
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *file, int *result) {
    (void)file;
    *result = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file) {
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
};

// MARK: The file system

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    file->pMethods = NULL;
    if (is_dead || name == NULL) return SQLITE_CANTOPEN;
    entry *entry = find(name);
    if (entry == NULL) {
        if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        // One whose deletion may be undone is the same file for the disk, made empty.
        for (int i = 0; i < FILES && entry == NULL; i++)
            if (files[i].is_durable && strcmp(files[i].name, name) == 0) entry = &files[i];
        if (entry) {
            image_resize(&entry->now, 0);
            note_change(entry, 0, NULL, 0);
        }
        for (int i = 0; i < FILES && entry == NULL; i++)
            if (!files[i].is_there && !files[i].is_durable) {
                entry = &files[i];
                entry->now.size = entry->durable.size = 0;
                forget_changes(entry);
            }
        if (entry == NULL || strlen(name) >= sizeof entry->name) return SQLITE_CANTOPEN;
        strcpy(entry->name, name);
        entry->is_there = entry->is_new = 1;
    }
    ((handle *)file)->entry = (int)(entry - files);
    file->pMethods = &methods;
    if (out) *out = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs;
    entry *entry = find(name);
    if (entry == NULL) return SQLITE_IOERR_DELETE_NOENT;
    if (fails(operate())) return SQLITE_IOERR_DELETE;
    entry->is_there = 0;
    if (sync && is_honest) entry->is_durable = 0;
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    (void)vfs, (void)flags;
    *result = find(name) != NULL;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int room, char *full) {
    (void)vfs;
    sqlite3_snprintf(room, full, "%s", name);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
    (void)vfs;
    return real->xRandomness(real, count, bytes);
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int disk_time(sqlite3_vfs *vfs, double *now) {
    (void)vfs;
    return real->xCurrentTime(real, now);
}

int faulty_disk_install(void) {
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(handle),
        .mxPathname = 500,
        .zName = "faulty",
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_name,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xCurrentTime = disk_time,
    };
    real = sqlite3_vfs_find(NULL);
    return sqlite3_vfs_register(&vfs, 0);
}

// MARK: What befalls it

static void copy_all(entry *to, entry *from) {
    for (int i = 0; i < FILES; i++) {
        forget_changes(&to[i]);
        strcpy(to[i].name, from[i].name);
        to[i].is_there = from[i].is_there;
        to[i].is_durable = from[i].is_durable;
        to[i].is_new = from[i].is_new;
        image_copy(&to[i].now, &from[i].now);
        image_copy(&to[i].durable, &from[i].durable);
        for (int j = 0; j < from[i].count; j++) {
            change *change = &from[i].changes[j];
            note_change(&to[i], change->offset, change->bytes, change->size);
        }
    }
}

void faulty_disk_keep(void) { copy_all(kept, files); }

void faulty_disk_recall(void) {
    copy_all(files, kept);
    faulty_disk_restart();
}

void faulty_disk_wipe(void) {
    for (int i = 0; i < FILES; i++) {
        forget_changes(&files[i]);
        files[i].is_there = files[i].is_durable = 0;
        files[i].now.size = files[i].durable.size = 0;
    }
    faulty_disk_restart();
}

void faulty_disk_arm(uint64_t after, faulty_disk_fault kind) {
    operations = reads = 0;
    fault_at = after;
    fault = kind;
}

uint64_t faulty_disk_operations(void) { return operations; }

uint64_t faulty_disk_reads(void) { return reads; }

uint64_t faulty_disk_struck(void) { return struck; }

int faulty_disk_mend(void) {
    if (is_dead) return 0;
    faulty_disk_restart();
    return 1;
}

int faulty_disk_is_full(void) { return is_full; }

void faulty_disk_die(void) { is_dead = 1; }

void faulty_disk_restart(void) {
    is_dead = is_full = 0;
    fault = FAULTY_DISK_NOTHING;
}

void faulty_disk_set_honest(int honest) { is_honest = honest; }

static uint64_t state;

// SplitMix64.
static uint64_t draw(void) {
    uint64_t mixed = state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

void faulty_disk_lose_power(uint64_t seed) {
    state = seed;
    // How much of it had got to the disk by itself.
    unsigned odds = (unsigned)(draw() % 5);
    for (int i = 0; i < FILES; i++) {
        entry *entry = &files[i];
        if (!entry->is_durable && (!entry->is_there || draw() % 4 >= odds)) {
            entry->is_there = entry->is_durable = 0;
            entry->now.size = entry->durable.size = 0;
            forget_changes(entry);
            continue;
        }
        // A deletion that was not synced may have got there or not.
        if (!entry->is_there && draw() % 4 < odds) {
            entry->is_durable = 0;
            continue;
        }
        for (int j = 0; j < entry->count; j++) {
            change *change = &entry->changes[j];
            if (change->bytes == NULL) {
                if (draw() % 4 < odds) image_resize(&entry->durable, change->offset);
                continue;
            }
            // Whole, or not at all, or in sectors.
            uint64_t kind = draw() % 8;
            for (int64_t at = 0; at < change->size;) {
                int64_t next = (change->offset + at) / SECTOR * SECTOR + SECTOR - change->offset;
                if (next > change->size || kind > 2) next = change->size;
                if (draw() % 4 < odds)
                    image_write(&entry->durable, change->offset + at, change->bytes + at, next - at);
                at = next;
            }
        }
        forget_changes(entry);
        entry->is_there = entry->is_durable = 1;
        entry->is_new = 0;
        image_copy(&entry->now, &entry->durable);
    }
    faulty_disk_restart();
}

static entry *ending(const char *suffix) {
    for (int i = 0; i < FILES; i++) {
        size_t length = strlen(files[i].name), end = strlen(suffix);
        if (files[i].is_there && length >= end && strcmp(files[i].name + length - end, suffix) == 0)
            return &files[i];
    }
    return NULL;
}

int64_t faulty_disk_size(const char *suffix) {
    entry *entry = ending(suffix);
    return entry ? entry->now.size : -1;
}

void faulty_disk_flip(const char *suffix, int64_t byte, int bit) {
    entry *entry = ending(suffix);
    if (entry && byte < entry->now.size) entry->now.bytes[byte] ^= (uint8_t)(1 << bit);
}

void faulty_disk_cut(const char *suffix, int64_t size) {
    entry *entry = ending(suffix);
    if (entry && size < entry->now.size) entry->now.size = size;
}

void faulty_disk_remove(const char *suffix) {
    entry *entry = ending(suffix);
    if (entry) entry->is_there = entry->is_durable = 0;
}

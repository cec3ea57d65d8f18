// Counts what each thread of a program asks of the heap: preloaded (LD_PRELOAD) into a program that is otherwise as it is
// shipped. The counts stand in the file that TOKEND_ALLOCATIONS names, mapped shared, so that whoever reads the file sees
// them at any moment, without a signal and without a wait.
//
// The file has 64 rows of eight words, one row for each thread in the order in which they first came here: the thread's
// number (0: no row), its calls of malloc, calloc, realloc, of the aligned allocators, and of free. A word is written by its
// own thread only. free of a null pointer does nothing, and is not counted.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS = 64 };

struct row {
    _Atomic uint64_t thread, malloc, calloc, realloc, aligned, free, spare[2];
};

// glibc's own, behind the names that are taken here (malloc(3), "Replacing malloc" in glibc's manual).
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *block);

static struct row *_Atomic table;
static _Atomic unsigned rows_taken;
// Initial-exec: finding it asks nothing of the heap.
static __thread struct row *own __attribute__((tls_model("initial-exec")));

static void give_up(const char *why) {
    (void)!write(2, why, strlen(why));
    abort();
}

/// The shared table, mapped by whoever comes first: the loader's own calls come before any constructor.
static struct row *shared_table(void) {
    struct row *known = atomic_load(&table);
    if (known) return known;
    const char *path = getenv("TOKEND_ALLOCATIONS");
    int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0 || ftruncate(file, ROWS * sizeof(struct row)) != 0)
        give_up("counting: TOKEND_ALLOCATIONS must name a file that can be written\n");
    void *mapped = mmap(NULL, ROWS * sizeof(struct row), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) give_up("counting: the file of TOKEND_ALLOCATIONS can't be mapped\n");
    close(file);
    // Two threads may both have come first: they have mapped the same file, and either mapping will do.
    atomic_store(&table, mapped);
    return mapped;
}

static struct row *own_row(void) {
    if (own) return own;
    int before = errno;
    struct row *all = shared_table();
    unsigned number = atomic_fetch_add(&rows_taken, 1);
    // Counting some threads together would hide who has asked.
    if (number >= ROWS) give_up("counting: more threads than there are rows\n");
    own = &all[number];
    atomic_store(&own->thread, (uint64_t)gettid());
    errno = before;
    return own;
}

// Only this thread writes the word: it needs no atomic addition.
#define COUNT(call) \
    do { \
        struct row *row = own_row(); \
        uint64_t calls = atomic_load_explicit(&row->call, memory_order_relaxed); \
        atomic_store_explicit(&row->call, calls + 1, memory_order_relaxed); \
    } while (0)

void *malloc(size_t bytes) {
    COUNT(malloc);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    COUNT(calloc);
    return __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes) {
    COUNT(realloc);
    return __libc_realloc(block, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    COUNT(aligned);
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    COUNT(aligned);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    COUNT(aligned);
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    int before = errno;
    void *made = __libc_memalign(alignment, bytes);
    errno = before;
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

void free(void *block) {
    if (!block) return;
    COUNT(free);
    __libc_free(block);
}

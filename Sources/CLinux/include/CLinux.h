// The door to the Linux calls that `import Glibc` does not show, and to atomics on shared memory.
// Calls keep the errno convention of the system call they name: -1 and errno.
#ifndef TOKEND_CLINUX_H
#define TOKEND_CLINUX_H

#include <stddef.h>
#include <stdint.h>

/// What epoll_wait(2) says of one descriptor: the events, and the word it was registered with.
struct clinux_event {
    uint32_t events;
    uint64_t word;
};

/// A peer as SO_PEERCRED attests it, taken when it called connect(2).
struct clinux_peer {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

int clinux_epoll_create(void);
/// renameat2(2) with RENAME_NOREPLACE.
int clinux_rename_noreplace(const char *old, const char *new_name);
/// A shared lock on a part of a file, fcntl(2)'s F_OFD_SETLK. It ends with the descriptor.
int clinux_lock_shared(int descriptor, int64_t start, int64_t length);
/// Who keeps such a lock from being had, F_OFD_GETLK: a process number, 0 if nobody does, -1 if it is not told.
int32_t clinux_lock_holder(int descriptor, int64_t start, int64_t length);
/// epoll_ctl(2) with `operation` one of EPOLL_CTL_ADD (1), EPOLL_CTL_DEL (2), EPOLL_CTL_MOD (3).
int clinux_epoll_control(int poller, int operation, int descriptor, uint32_t events, uint64_t word);
/// epoll_wait(2) for at most 64 events.
int clinux_epoll_wait(int poller, struct clinux_event *events, int capacity, int timeout_milliseconds);

int clinux_eventfd(void);

/// socket(2), SOCK_STREAM of AF_UNIX, close-on-exec.
int clinux_unix_socket(int nonblocking);
/// The bytes that the path of a Unix socket may have, without its final zero.
int clinux_unix_path_bytes(void);
int clinux_unix_bind(int descriptor, const char *path);
int clinux_unix_connect(int descriptor, const char *path);

// A datagram socket that never waits and is bound to nothing.
int clinux_unix_datagram_socket(void);

// Sends one datagram to the socket at `path`. EAGAIN if its queue is full.
long clinux_unix_send_to(int descriptor, const char *path, const void *bytes, unsigned long count);
/// accept4(2), close-on-exec and non-blocking.
int clinux_accept(int listener);
/// 1 if `descriptor` is a listening AF_UNIX stream socket, 0 if not.
int clinux_is_unix_listener(int descriptor);
/// The path that a Unix socket is bound to, with a final zero, cut to `capacity`. Returns its bytes without the zero.
int clinux_unix_path(int descriptor, char *path, int capacity);

/// getsockopt(2), SO_PEERCRED.
int clinux_peer_credentials(int descriptor, struct clinux_peer *peer);
/// getsockopt(2), SO_PEERGROUPS. Returns the number of groups, or -1; ERANGE if `capacity` is too small.
int clinux_peer_groups(int descriptor, uint32_t *groups, int capacity);

/// getrandom(2) until `bytes` are filled, at most 256.
int clinux_random(void *buffer, size_t bytes);

/// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and those it starts, but for what was ignored before unless
/// `with_ignored` is not 0; ignores SIGPIPE.
int clinux_block_signals(int with_ignored);
/// sigtimedwait(2) for one of the blocked signals; below 0 it waits for ever. Returns its number, or -1
/// (EAGAIN: none came; EINTR: perhaps before the time).
int clinux_wait_signal(long nanoseconds);

/// socketpair(2): two connected, non-blocking stream sockets.
int clinux_socket_pair(int ends[2]);

// A pair of sockets for messages with descriptors; neither waits.
int clinux_carrier_pair(int ends[2]);

// Sends one message: `count` descriptors, at most 253, and a byte for each.
int clinux_send_descriptors(int socket, const int *descriptors, int count, const void *notes);

// Receives one: returns how many notes it has, 0 if none is left. `count` becomes the number of descriptors that came, the
// first of them, at most `room`; the others are closed by the kernel. On EBADMSG the message is gone.
int clinux_receive_descriptors(int socket, int *descriptors, int room, void *notes, int notes_room, int *count);
/// memfd_create(2): an empty file in memory.
int clinux_memory_file(const char *name);

/// pthread_setname_np(3); a name of more than 15 bytes is left out.
void clinux_name_thread(unsigned long thread, const char *name);

/// setrlimit(2): raises the soft limit on descriptors to the hard one, at most `most`, and returns what it then is.
long clinux_raise_descriptor_limit(long most);

/// sched_setaffinity(2): the calling thread, and those it starts, run on these processors only.
int clinux_pin(int first, int last);

/// sched_setattr(2): adds `steps` to the calling thread's nice value, and gives it slices of so many nanoseconds, which
/// kernels before 6.12 leave out; its policy stays. If that is refused, nice(2) alone.
void clinux_take_turns(int steps, uint64_t slice_nanoseconds);

/// prctl(2), PR_SET_DUMPABLE 0: no core file, no ptrace(2) by peers of the same uid.
int clinux_forbid_dumps(void);

/// The group of the socket file at `path`, by stat(2). Returns 0, or -1.
int clinux_file_group(const char *path, uint32_t *group);

/// The uid or gid that `name` stands for. Returns 0, or -1 with ENOENT.
int clinux_group_named(const char *name, uint32_t *group);
int clinux_user_named(const char *name, uint32_t *user);

/// Writes the name of a user or group, with a final zero. Returns 0, or -1 with ENOENT or ENAMETOOLONG.
int clinux_user_name(uint32_t user, char *buffer, size_t size);
int clinux_group_name(uint32_t group, char *buffer, size_t size);

/// The columns that a character takes on a terminal, or -1.
int clinux_columns(uint32_t character);

// Atomics on memory that several threads or processes map.

static inline uint32_t clinux_load32(const void *at) { return __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED); }
static inline uint64_t clinux_load64(const void *at) { return __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED); }
static inline uint32_t clinux_acquire32(const void *at) { return __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE); }
static inline uint64_t clinux_acquire64(const void *at) { return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE); }
static inline void clinux_store32(void *at, uint32_t value) { __atomic_store_n((uint32_t *)at, value, __ATOMIC_RELAXED); }
static inline void clinux_store64(void *at, uint64_t value) { __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELAXED); }
static inline void clinux_release32(void *at, uint32_t value) { __atomic_store_n((uint32_t *)at, value, __ATOMIC_RELEASE); }
static inline void clinux_release64(void *at, uint64_t value) { __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE); }
static inline void clinux_release8(void *at, uint8_t value) { __atomic_store_n((uint8_t *)at, value, __ATOMIC_RELEASE); }
static inline uint8_t clinux_take8(void *at) { return __atomic_exchange_n((uint8_t *)at, 0, __ATOMIC_SEQ_CST); }
static inline uint64_t clinux_take64(void *at) { return __atomic_exchange_n((uint64_t *)at, 0, __ATOMIC_SEQ_CST); }
static inline void clinux_prefetch(const void *at) { __builtin_prefetch(at); }
static inline void clinux_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
static inline void clinux_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

#endif

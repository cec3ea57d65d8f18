#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <wchar.h>

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_rename_noreplace(const char *old, const char *new_name) {
    return renameat2(AT_FDCWD, old, AT_FDCWD, new_name, RENAME_NOREPLACE);
}

int clinux_lock_shared(int descriptor, int64_t start, int64_t length) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}

int32_t clinux_lock_holder(int descriptor, int64_t start, int64_t length) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int clinux_epoll_control(int poller, int operation, int descriptor, uint32_t events, uint64_t word) {
    struct epoll_event event = {.events = events, .data.u64 = word};
    return epoll_ctl(poller, operation, descriptor, &event);
}

int clinux_epoll_wait(int poller, struct clinux_event *events, int capacity, int timeout_milliseconds) {
    struct epoll_event ready[64];
    int most = capacity < 64 ? capacity : 64;
    int count = epoll_wait(poller, ready, most, timeout_milliseconds);
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].word = ready[i].data.u64;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_unix_socket(int nonblocking) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
}

int clinux_unix_path_bytes(void) { return (int)sizeof(((struct sockaddr_un *)0)->sun_path) - 1; }

static int address(struct sockaddr_un *to, const char *path, socklen_t *bytes) {
    size_t length = strlen(path);
    // An empty path, or one that begins with a zero byte, would be an abstract name, which has no file modes.
    if (length == 0 || length > sizeof(to->sun_path) - 1) {
        errno = length == 0 ? EINVAL : ENAMETOOLONG;
        return -1;
    }
    memset(to, 0, sizeof(*to));
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, path, length);
    *bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

int clinux_unix_bind(int descriptor, const char *path) {
    struct sockaddr_un to;
    socklen_t bytes;
    return address(&to, path, &bytes) < 0 ? -1 : bind(descriptor, (struct sockaddr *)&to, bytes);
}

int clinux_unix_connect(int descriptor, const char *path) {
    struct sockaddr_un to;
    socklen_t bytes;
    return address(&to, path, &bytes) < 0 ? -1 : connect(descriptor, (struct sockaddr *)&to, bytes);
}

int clinux_unix_datagram_socket(void) { return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

long clinux_unix_send_to(int descriptor, const char *path, const void *bytes, unsigned long count) {
    struct sockaddr_un to;
    socklen_t length;
    if (address(&to, path, &length) < 0) return -1;
    return sendto(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to, length);
}

int clinux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clinux_is_unix_listener(int descriptor) {
    int domain = 0, type = 0, listening = 0;
    socklen_t bytes = sizeof(int);
    if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) < 0) return 0;
    bytes = sizeof(int);
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &bytes) < 0) return 0;
    bytes = sizeof(int);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &bytes) < 0) return 0;
    return domain == AF_UNIX && type == SOCK_STREAM && listening;
}

int clinux_unix_path(int descriptor, char *path, int capacity) {
    struct sockaddr_un bound;
    socklen_t bytes = sizeof(bound);
    if (getsockname(descriptor, (struct sockaddr *)&bound, &bytes) < 0) return -1;
    if (bytes <= offsetof(struct sockaddr_un, sun_path) || bound.sun_path[0] == 0) {
        errno = ENOENT;
        return -1;
    }
    size_t length = strnlen(bound.sun_path, bytes - offsetof(struct sockaddr_un, sun_path));
    if (length >= (size_t)capacity) length = (size_t)capacity - 1;
    memcpy(path, bound.sun_path, length);
    path[length] = 0;
    return (int)length;
}

int clinux_peer_credentials(int descriptor, struct clinux_peer *peer) {
    struct ucred credentials;
    socklen_t bytes = sizeof(credentials);
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) < 0) return -1;
    if (bytes != sizeof(credentials) || credentials.uid == (uid_t)-1 || credentials.gid == (gid_t)-1) {
        errno = ENODATA;
        return -1;
    }
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    return 0;
}

int clinux_peer_groups(int descriptor, uint32_t *groups, int capacity) {
    socklen_t bytes = (socklen_t)capacity * sizeof(gid_t);
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) < 0) return -1;
    return (int)(bytes / sizeof(gid_t));
}

int clinux_random(void *buffer, size_t bytes) {
    if (bytes > 256) {
        errno = EINVAL;
        return -1;
    }
    // Up to 256 bytes are never cut short once the kernel's generator is seeded; a signal may interrupt the wait for that.
    ssize_t filled;
    do filled = getrandom(buffer, bytes, 0);
    while (filled < 0 && errno == EINTR);
    return filled == (ssize_t)bytes ? 0 : -1;
}

static sigset_t stopping(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

int clinux_block_signals(int with_ignored) {
    sigset_t set = stopping();
    for (int number = 1; number < NSIG && !with_ignored; number++) {
        struct sigaction action;
        if (sigismember(&set, number) == 1 && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
            sigdelset(&set, number);
        }
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -1;
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) errno = error;
    return error == 0 ? 0 : -1;
}

int clinux_wait_signal(long nanoseconds) {
    sigset_t set = stopping();
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int signal;
    // A process that was stopped and goes on is interrupted here. Whoever waits for some time only goes by the clock: were
    // the whole time waited for anew, interruptions without end would have it wait for ever.
    do signal = sigtimedwait(&set, NULL, nanoseconds < 0 ? NULL : &time);
    while (signal < 0 && errno == EINTR && nanoseconds < 0);
    return signal;
}

int clinux_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends); }

int clinux_carrier_pair(int ends[2]) {
    int wanted = 4 << 20;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -1;
    // As much as the system lets it have; what it has anyway takes about 30,000 descriptors.
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    return 0;
}

int clinux_send_descriptors(int socket, const int *descriptors, int count, const void *notes) {
    union {
        char bytes[CMSG_SPACE(253 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec data = {.iov_base = (void *)notes, .iov_len = (size_t)count};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count < 1 || count > 253) {
        errno = EINVAL;
        return -1;
    }
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int clinux_receive_descriptors(int socket, int *descriptors, int room, void *notes, int notes_room, int *count) {
    union {
        char bytes[CMSG_SPACE(253 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec data = {.iov_base = notes, .iov_len = (size_t)notes_room};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (room > 253) room = 253;
    if (room > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_LEN((size_t)room * sizeof(int));
    }
    *count = 0;
    ssize_t bytes = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (bytes < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int got = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (got > room - *count) got = room - *count;
        memcpy(descriptors + *count, CMSG_DATA(header), (size_t)got * sizeof(int));
        *count += got;
    }
    // Each has a note. Of a message that was cut off, for want of descriptors or of room, the last are missing.
    if (*count > bytes || (*count < bytes && !(message.msg_flags & MSG_CTRUNC))) {
        while (*count > 0) close(descriptors[--*count]);
        errno = EBADMSG;
        return -1;
    }
    return (int)bytes;
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

int clinux_memory_file(const char *name) {
    /* Kernels before 6.3 don't know the flag; later ones may insist on it (vm.memfd_noexec). */
    int file = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    return file < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC) : file;
}

void clinux_name_thread(unsigned long thread, const char *name) { (void)pthread_setname_np((pthread_t)thread, name); }

long clinux_raise_descriptor_limit(long most) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    rlim_t wanted = limit.rlim_max < (rlim_t)most ? limit.rlim_max : (rlim_t)most;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur < (rlim_t)most ? (long)limit.rlim_cur : most;
}

int clinux_pin(int first, int last) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (first < 0 || last >= CPU_SETSIZE) {
        errno = EINVAL;
        return -1;
    }
    for (int processor = first; processor <= last; processor++) CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

// The kernel's struct sched_attr in its first form. The C library of Debian 12 declares neither it nor the call.
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

void clinux_take_turns(int steps, uint64_t slice_nanoseconds) {
    // SCHED_FLAG_KEEP_POLICY; whose policy knows neither nice values nor slices keeps that, too.
    struct scheduling wanted = {.size = sizeof wanted,
                                .flags = 0x08,
                                .nice = getpriority(PRIO_PROCESS, 0) + steps,
                                .runtime = slice_nanoseconds};
    if (wanted.nice > 19) wanted.nice = 19;
    if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0) (void)!nice(steps);
}

int clinux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int clinux_file_group(const char *path, uint32_t *group) {
    struct stat file;
    if (stat(path, &file) < 0) return -1;
    *group = file.st_gid;
    return 0;
}

int clinux_group_named(const char *name, uint32_t *group) {
    struct group entry, *found = NULL;
    char text[16384];
    int error = getgrnam_r(name, &entry, text, sizeof(text), &found);
    if (error != 0 || found == NULL) {
        errno = error != 0 ? error : ENOENT;
        return -1;
    }
    *group = entry.gr_gid;
    return 0;
}

int clinux_user_named(const char *name, uint32_t *user) {
    struct passwd entry, *found = NULL;
    char text[16384];
    int error = getpwnam_r(name, &entry, text, sizeof(text), &found);
    if (error != 0 || found == NULL) {
        errno = error != 0 ? error : ENOENT;
        return -1;
    }
    *user = entry.pw_uid;
    return 0;
}

static int copy_name(const char *name, char *buffer, size_t size) {
    size_t length = strlen(name);
    if (length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(buffer, name, length + 1);
    return 0;
}

int clinux_user_name(uint32_t user, char *buffer, size_t size) {
    struct passwd entry, *found = NULL;
    char text[16384];
    int error = getpwuid_r(user, &entry, text, sizeof(text), &found);
    if (error == 0 && found != NULL) return copy_name(entry.pw_name, buffer, size);
    errno = error != 0 ? error : ENOENT;
    return -1;
}

int clinux_group_name(uint32_t group, char *buffer, size_t size) {
    struct group entry, *found = NULL;
    char text[16384];
    int error = getgrgid_r(group, &entry, text, sizeof(text), &found);
    if (error == 0 && found != NULL) return copy_name(entry.gr_name, buffer, size);
    errno = error != 0 ? error : ENOENT;
    return -1;
}

int clinux_columns(uint32_t character) { return wcwidth((wchar_t)character); }

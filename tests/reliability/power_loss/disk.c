/* A disk that remembers: every write, truncation and sync of the files whose paths begin with CRM_DISK_PREFIX goes into the file
   CRM_DISK_LOG, in order. `tests/programmes/power` cuts the power at some place of that log. Loaded before the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, TRUNCATED, SYNCED, REMOVED };
struct __attribute__((packed)) entry { uint8_t what; uint32_t file; uint64_t offset; uint32_t length; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static uint32_t file_of[4096]; /* the number of the path that a descriptor is open on; 0 is none of ours */
static char *paths[256];
static uint32_t known = 0;

static ssize_t put(const void *data, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    const char *at = data;
    while (length) {
        ssize_t done = real(log_fd, at, length);
        if (done < 0) _exit(97);
        at += done, length -= done;
    }
    return 0;
}

static void note(uint8_t what, uint32_t file, uint64_t offset, const void *data, uint32_t length) {
    if (log_fd < 0) return;
    struct entry entry = {what, file, offset, length};
    pthread_mutex_lock(&lock);
    put(&entry, sizeof entry);
    if (data) put(data, length);
    pthread_mutex_unlock(&lock);
}

static uint32_t number(const char *path) {
    const char *prefix = getenv("CRM_DISK_PREFIX");
    if (!prefix || strncmp(path, prefix, strlen(prefix))) return 0;
    for (uint32_t i = 0; i < known; i++)
        if (!strcmp(paths[i], path)) return i + 1;
    if (known == 256) _exit(98);
    paths[known++] = strdup(path);
    return known;
}

static int opened(int fd, const char *path) {
    static int (*real)(const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "open");
    if (fd < 0 || fd >= 4096) return fd;
    if (log_fd < 0 && getenv("CRM_DISK_LOG")) log_fd = real(getenv("CRM_DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    file_of[fd] = number(path);
    if (file_of[fd]) note(OPENED, file_of[fd], 0, path, strlen(path));
    return fd;
}

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        static int (*real)(const char *, int, ...);                   \
        if (!real) real = dlsym(RTLD_NEXT, #name);                    \
        va_list more; va_start(more, flags);                          \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;     \
        va_end(more);                                                 \
        return opened(real(path, flags, mode), path);                 \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < 4096) file_of[fd] = 0;
    return real(fd);
}

#define PWRITE(name, offset_type)                                                          \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {            \
        static ssize_t (*real)(int, const void *, size_t, offset_type);                    \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                         \
        ssize_t done = real(fd, data, length, offset);                                     \
        if (done > 0 && fd < 4096 && file_of[fd]) note(WRITTEN, file_of[fd], offset, data, done); \
        return done;                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    off_t offset = fd >= 0 && fd < 4096 && file_of[fd] ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, data, length);
    if (done > 0 && fd < 4096 && file_of[fd]) note(WRITTEN, file_of[fd], offset, data, done);
    return done;
}

#define TRUNCATE(name, offset_type)                                                  \
    int name(int fd, offset_type length) {                                           \
        static int (*real)(int, offset_type);                                        \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                   \
        int done = real(fd, length);                                                 \
        if (!done && fd < 4096 && file_of[fd]) note(TRUNCATED, file_of[fd], length, 0, 0); \
        return done;                                                                 \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                           \
    int name(int fd) {                                                       \
        static int (*real)(int);                                             \
        if (!real) real = dlsym(RTLD_NEXT, #name);                           \
        int done = real(fd);                                                 \
        if (!done && fd < 4096 && file_of[fd]) note(SYNCED, file_of[fd], 0, 0, 0); \
        return done;                                                         \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    static int (*real)(const char *);
    if (!real) real = dlsym(RTLD_NEXT, "unlink");
    int done = real(path);
    if (!done && number(path)) note(REMOVED, number(path), 0, 0, 0);
    return done;
}

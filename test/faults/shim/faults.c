/*
 * Makes chosen calls fail, or take their time, for tests: LD_PRELOAD it, and name a rules file in
 * TUS_FAULTS.
 *
 * Each line of that file is a rule: CALL TEXT ERRNO COUNT, such as "fdatasync data.mdb 5 1". A call on
 * a file whose path contains TEXT fails with ERRNO, COUNT times (-1: always). An ERRNO below 0 is so
 * many milliseconds for which the call waits before it does what it does. The file may change at any
 * time; a rule that is used up is forgotten when its line is another one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define RULES 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Rules that have been seen, and how often they were applied. */
static struct {
  char line[256];
  int applied;
} seen[RULES];

static int applied_before(const char *line) {
  for (int i = 0; i < RULES; i++) {
    if (seen[i].line[0] == 0) snprintf(seen[i].line, sizeof seen[i].line, "%s", line);
    if (strcmp(seen[i].line, line) == 0) return seen[i].applied++;
  }
  return RULES;
}

static int path_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static void wait_for(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&time, &time) != 0 && errno == EINTR);
}

/* The errno a call is to fail with; 0: it is not to fail, any more. */
static int fault_at(const char *call, const char *path) {
  const char *rules = getenv("TUS_FAULTS");
  char line[256], name[32], text[128];
  int code, count, found = 0;
  if (rules == NULL) return 0;
  FILE *file = fopen(rules, "re");
  if (file == NULL) return 0;
  pthread_mutex_lock(&lock);
  while (!found && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%31s %127s %d %d", name, text, &code, &count) != 4) continue;
    if (strcmp(name, call) != 0 || strstr(path, text) == NULL) continue;
    if (count < 0 || applied_before(line) < count) found = code;
  }
  pthread_mutex_unlock(&lock);
  fclose(file);
  if (found >= 0) return found;
  wait_for(-found);
  return 0;
}

static int fault(const char *call, int fd) {
  char path[4096];
  return path_of(fd, path, sizeof path) ? fault_at(call, path) : 0;
}

#define NEXT(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))

#define SHIM(result, call, parameters, arguments)   \
  result call parameters {                          \
    int code = fault(#call, fd);                    \
    if (code == 0) return NEXT(call) arguments;     \
    errno = code;                                   \
    return -1;                                      \
  }

SHIM(int, fdatasync, (int fd), (fd))
SHIM(int, fsync, (int fd), (fd))
SHIM(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
SHIM(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))

SHIM(int, close, (int fd), (fd))

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  int code = fault_at("open", path);
  if (code == 0) return NEXT(open64)(path, flags, mode);
  errno = code;
  return -1;
}

static int stat_fault(int at, const char *path) {
  return path[0] == 0 ? fault("stat", at) : fault_at("stat", path);
}

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict result) {
  int code = stat_fault(at, path);
  if (code == 0) return NEXT(statx)(at, path, flags, mask, result);
  errno = code;
  return -1;
}

/* By which libuv looks at files, and closes them. */
long syscall(long number, ...) {
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  int code = 0;
  if (number == SYS_statx) code = stat_fault((int)a[0], (const char *)a[1]);
  if (number == SYS_close) code = fault("close", (int)a[0]);
  if (code == 0) return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  errno = code;
  return -1;
}

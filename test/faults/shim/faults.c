/*
 * Makes chosen calls fail, or take their time, for tests: LD_PRELOAD it, and name a rules file in
 * TUS_FAULTS.
 *
 * Each line of that file is a rule: CALL TEXT ERRNO COUNT [SKIP] [EFFECT], such as "fdatasync data.mdb
 * 5 1". A call on a file whose path contains TEXT, or is like it when TEXT is a pattern (glob(7)), fails
 * with ERRNO, COUNT times (-1: always), after SKIP times that it does not. The file may change at any
 * time; a rule that is used up is forgotten when its line is another one. An ERRNO below 0 is so many
 * milliseconds for which the call waits before it does what it does.
 *
 * The effect "lose" is that of a disk which has lost what it was to store: all that was written to the
 * file since its last flush in this process reads as zeros from then on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
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

#define RULES 64
#define FILES 1024

#define NEXT(call) ((__typeof__(&call))dlsym(RTLD_NEXT, #call))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Rules that have been seen, and how often they came up. */
static struct {
  char line[256];
  int matched;
} seen[RULES];

/* How far files are flushed; the place of the one noted first is taken by the next. */
static struct {
  dev_t device;
  ino_t number;
  off_t size;
} flushed[FILES];
static int next_file;

static int matched_before(const char *line) {
  for (int i = 0; i < RULES; i++) {
    if (seen[i].line[0] == 0) snprintf(seen[i].line, sizeof seen[i].line, "%s", line);
    if (strcmp(seen[i].line, line) == 0) return seen[i].matched++;
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

static int matches(const char *path, const char *text) {
  if (strpbrk(text, "*?[") == NULL) return strstr(path, text) != NULL;
  return fnmatch(text, path, 0) == 0;
}

static void wait_for(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&time, &time) != 0 && errno == EINTR);
}

/* The errno a call is to fail with; 0: it is not to fail, any more. */
static int fault(const char *call, const char *path, char *effect) {
  const char *rules = getenv("TUS_FAULTS");
  char line[256], name[32], text[128];
  int found = 0;
  if (rules == NULL) return 0;
  FILE *file = fopen(rules, "re");
  if (file == NULL) return 0;
  pthread_mutex_lock(&lock);
  while (!found && fgets(line, sizeof line, file) != NULL) {
    int code, count, skip = 0;
    effect[0] = 0;
    if (sscanf(line, "%31s %127s %d %d %d %15s", name, text, &code, &count, &skip, effect) < 4) continue;
    if (strcmp(name, call) != 0 || !matches(path, text)) continue;
    int before = matched_before(line);
    if (before >= skip && (count < 0 || before < skip + count)) found = code;
  }
  pthread_mutex_unlock(&lock);
  fclose(file);
  if (found >= 0) return found;
  wait_for(-found);
  return 0;
}

static int fault_of(const char *call, int fd, char *effect) {
  char path[4096];
  return path_of(fd, path, sizeof path) ? fault(call, path, effect) : 0;
}

static void note_flush(int fd) {
  struct stat found;
  if (getenv("TUS_FAULTS") == NULL || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return;
  pthread_mutex_lock(&lock);
  int at = next_file;
  for (int i = 0; i < FILES; i++) {
    if (flushed[i].number == found.st_ino && flushed[i].device == found.st_dev) at = i;
  }
  if (at == next_file) next_file = (next_file + 1) % FILES;
  flushed[at].device = found.st_dev;
  flushed[at].number = found.st_ino;
  flushed[at].size = found.st_size;
  pthread_mutex_unlock(&lock);
}

static void lose_unflushed(int fd) {
  static const char zeros[65536];
  struct stat found;
  off_t at = 0;
  if (fstat(fd, &found) != 0) return;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < FILES; i++) {
    int is_same = flushed[i].number == found.st_ino && flushed[i].device == found.st_dev;
    if (is_same && flushed[i].size <= found.st_size) at = flushed[i].size;
  }
  pthread_mutex_unlock(&lock);
  while (at < found.st_size) {
    off_t left = found.st_size - at;
    ssize_t stored = NEXT(pwrite64)(fd, zeros, left < (off_t)sizeof zeros ? left : sizeof zeros, at);
    if (stored <= 0) return;
    at += stored;
  }
}

/*
 * Leaves zeros on the stack. LMDB 3.5 puts what lies there, as numbers, into a message for which it has
 * 100 bytes, when a write fails.
 */
__attribute__((noinline)) static void scrub(void) {
  volatile char stack[16384];
  for (size_t i = 0; i < sizeof stack; i++) stack[i] = 0;
}

#define FLUSH(call)                                         \
  int call(int fd) {                                        \
    char effect[16] = "";                                   \
    int code = fault_of(#call, fd, effect);                 \
    int result = code == 0 ? NEXT(call)(fd) : -1;           \
    if (result == 0) note_flush(fd);                        \
    scrub();                                                \
    if (code == 0) return result;                           \
    if (strcmp(effect, "lose") == 0) lose_unflushed(fd);    \
    errno = code;                                           \
    return -1;                                              \
  }

#define SHIM(result, call, code_of, parameters, arguments) \
  result call parameters {                                 \
    char effect[16] = "";                                  \
    int code = code_of;                                    \
    scrub();                                               \
    if (code == 0) return NEXT(call) arguments;            \
    errno = code;                                          \
    return -1;                                             \
  }

#define BY_FD(result, call, parameters, arguments) \
  SHIM(result, call, fault_of(#call, fd, effect), parameters, arguments)
#define BY_PATH(result, call, path, parameters, arguments) \
  SHIM(result, call, fault(#call, path, effect), parameters, arguments)

FLUSH(fdatasync)
FLUSH(fsync)
BY_FD(int, ftruncate64, (int fd, off64_t size), (fd, size))
BY_FD(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
BY_FD(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))
BY_PATH(int, unlink, path, (const char *path), (path))
BY_PATH(int, rename, to, (const char *from, const char *to), (from, to))

int open64(const char *path, int flags, ...) {
  char effect[16] = "";
  mode_t mode = 0;
  va_list more;
  va_start(more, flags);
  if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(more, mode_t);
  va_end(more);
  int code = fault("open64", path, effect);
  if (code == 0) return NEXT(open64)(path, flags, mode);
  errno = code;
  return -1;
}

BY_FD(int, close, (int fd), (fd))

static int stat_fault(int at, const char *path) {
  char effect[16] = "";
  return path[0] == 0 ? fault_of("stat", at, effect) : fault("stat", path, effect);
}

int statx(int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict result) {
  int code = stat_fault(at, path);
  if (code == 0) return NEXT(statx)(at, path, flags, mask, result);
  errno = code;
  return -1;
}

/* By which libuv looks at files, and closes them. */
long syscall(long number, ...) {
  char effect[16] = "";
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  int code = 0;
  if (number == SYS_statx) code = stat_fault((int)a[0], (const char *)a[1]);
  if (number == SYS_close) code = fault_of("close", (int)a[0], effect);
  if (code == 0) return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  errno = code;
  return -1;
}

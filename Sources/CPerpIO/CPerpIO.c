#include "CPerpIO.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(PERP_READABLE == EPOLLIN && PERP_WRITABLE == EPOLLOUT, "epoll's own values");
_Static_assert(PERP_FAILED == EPOLLERR && PERP_HUNG_UP == EPOLLHUP, "epoll's own values");
_Static_assert(PERP_PEER_DONE == EPOLLRDHUP, "epoll's own value");

int perp_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(epoll, operation, fd, &event);
}

int perp_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}

int perp_epoll_change(int epoll, int fd, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}

int perp_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

// Kernels before 5.11 and some sandboxes lack epoll_pwait2; milliseconds must do there.
static int wait_milliseconds(
    int epoll, struct epoll_event *events, int limit, int64_t nanoseconds) {
  int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
  return epoll_wait(epoll, events, limit, milliseconds > 60000 ? 60000 : (int)milliseconds);
}

int perp_epoll_wait(int epoll, perp_ready *ready, int limit, int64_t nanoseconds) {
  struct epoll_event events[64];
  static _Atomic int is_lacking;
  int count = -1;
  if (limit > 64) limit = 64;
  if (!is_lacking && nanoseconds > 0) {
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    count = epoll_pwait2(epoll, events, limit, &timeout, NULL);
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) is_lacking = 1;
  }
  if (is_lacking || nanoseconds <= 0) {
    count = wait_milliseconds(epoll, events, limit, nanoseconds);
  }
  if (count < 0) return errno == EINTR ? 0 : -1;
  for (int i = 0; i < count; i++) {
    ready[i].token = events[i].data.u64;
    ready[i].events = events[i].events;
  }
  return count;
}

int perp_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static int without_delay(int fd) {
  int one = 1;
  if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

int perp_accept(int listener) {
  return without_delay(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int perp_tcp_socket(int family) {
  return without_delay(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int perp_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int perp_set_pipe_size(int fd, int size) { return fcntl(fd, F_SETPIPE_SZ, size); }

int perp_reset_on_close(int fd) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int perp_terminal_size(int fd, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

char **perp_environment(void) { return environ; }

void perp_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

void perp_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static int signal_pipe = -1;
static volatile sig_atomic_t is_stopping;

// Only async-signal-safe calls here.
static void note_signal(int number) {
  int saved = errno;
  if (is_stopping) _exit(128 + number);
  is_stopping = 1;
  unsigned char byte = (unsigned char)number;
  ssize_t ignored = write(signal_pipe, &byte, 1);
  (void)ignored;
  errno = saved;
}

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

// Like `nohup`, whoever starts us with SIGHUP ignored wants that we outlive the terminal.
static int outlives_terminal(void) {
  struct sigaction inherited;
  return sigaction(SIGHUP, NULL, &inherited) == 0 && inherited.sa_handler == SIG_IGN;
}

static int handle_stop_signals(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++) {
    if (stop_signals[i] == SIGHUP && outlives_terminal()) continue;
    if (sigaction(stop_signals[i], &action, NULL) != 0) return -1;
  }
  return 0;
}

int perp_watch_signals(int fd) {
  signal_pipe = fd;
  is_stopping = 0;
  perp_ignore_sigpipe();
  if (handle_stop_signals(note_signal) != 0) return -1;
  // The mask is inherited, and a parent may have started us from a thread that hears no signals.
  sigset_t heard;
  sigemptyset(&heard);
  for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++) {
    sigaddset(&heard, stop_signals[i]);
  }
  return pthread_sigmask(SIG_UNBLOCK, &heard, NULL);
}

void perp_unwatch_signals(void) { handle_stop_signals(SIG_DFL); }

void perp_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

static socklen_t unix_address(struct sockaddr_un *address, const char *path) {
  size_t length = strlen(path);
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (length >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return 0;
  }
  memcpy(address->sun_path, path, length);
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + length + 1;
  if (path[0] == '@') {
    address->sun_path[0] = 0;
    size -= 1;
  }
  return size;
}

static int failed(int fd) {
  int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

int perp_unix_connect(const char *path) {
  struct sockaddr_un address;
  socklen_t size = unix_address(&address, path);
  if (size == 0) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  return connect(fd, (struct sockaddr *)&address, size) == 0 ? fd : failed(fd);
}

int perp_unix_listen(const char *path) {
  struct sockaddr_un address;
  socklen_t size = unix_address(&address, path);
  if (size == 0) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  mode_t before = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, size);
  umask(before);
  return result == 0 && listen(fd, 128) == 0 ? fd : failed(fd);
}

int perp_unix_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int perp_peer(int fd, uid_t *uid, pid_t *pid) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  *uid = peer.uid;
  *pid = peer.pid;
  return 0;
}

int perp_process(pid_t pid) { return syscall(SYS_pidfd_open, pid, 0); }

int perp_unix_send(const char *path, const char *text) {
  struct sockaddr_un address;
  socklen_t size = unix_address(&address, path);
  if (size == 0) return -1;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  if (sent < 0) return failed(fd);
  close(fd);
  return 0;
}

int perp_guard_memory(size_t bytes) {
  struct rlimit none = {0, 0};
  int result = setrlimit(RLIMIT_CORE, &none);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) result = -1;
  // 2 is a heap whose pages could not be locked.
  if (CRYPTO_secure_malloc_init(bytes, 32) != 1) result = -1;
  return result;
}

ssize_t perp_take_variable(const char *name, char *value, size_t size) {
  char *found = getenv(name);
  if (found == NULL) return -1;
  size_t length = strlen(found);
  if (length >= size) return -1;
  memcpy(value, found, length + 1);
  OPENSSL_cleanse(found, length);
  unsetenv(name);
  return (ssize_t)length;
}

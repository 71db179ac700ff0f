// What Swift cannot import: kernel calls outside Glibc's module, macros, variadic functions and
// OpenSSL. Each function is as thin as its caller allows.
#pragma once
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- Readiness of descriptors (epoll) ---

#define PERP_READABLE 0x1u
#define PERP_WRITABLE 0x4u
#define PERP_FAILED 0x8u
#define PERP_HUNG_UP 0x10u
#define PERP_PEER_DONE 0x2000u

typedef struct {
  uint64_t token;
  uint32_t events;
} perp_ready;

int perp_epoll_create(void);
int perp_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int perp_epoll_change(int epoll, int fd, uint32_t events, uint64_t token);
int perp_epoll_remove(int epoll, int fd);
/// Waits for at most `nanoseconds`, for ever if negative. Returns how many are ready; an
/// interruption by a signal counts as none.
int perp_epoll_wait(int epoll, perp_ready *ready, int limit, int64_t nanoseconds);

/// A non-blocking event counter that closes on exec.
int perp_eventfd(void);

// --- Sockets, pipes, threads, signals ---

/// Accepts a connection that neither blocks nor survives exec.
int perp_accept(int listener);
/// A socket for TCP without delays, that neither blocks nor survives exec.
int perp_tcp_socket(int family);
/// A pipe, reading end first, that neither blocks nor survives exec.
int perp_pipe(int ends[2]);
/// Tries to enlarge a pipe; returns its new size or -1.
int perp_set_pipe_size(int fd, int size);
/// Makes the next close of the socket a reset.
int perp_reset_on_close(int fd);
/// Lines and columns of a terminal; -1 for what is none.
int perp_terminal_size(int fd, int *rows, int *columns);
/// The variables of this process, which Swift takes for shared state that anybody may change.
char **perp_environment(void);
void perp_name_thread(const char *name);
/// Blocks every signal in the calling thread, so that only the main thread sees them.
void perp_block_signals(void);
/// SIGINT, SIGTERM and SIGHUP write their number as one byte to `fd`; the second one of them ends
/// the process at once with status 128 + number. SIGPIPE is ignored.
int perp_watch_signals(int fd);
/// Undoes it.
void perp_unwatch_signals(void);
void perp_ignore_sigpipe(void);

// --- TLS, client side, over a non-blocking socket ---

typedef struct perp_tls_context perp_tls_context;
typedef struct perp_tls perp_tls;

#define PERP_TLS_WANTS_READ -1
#define PERP_TLS_WANTS_WRITE -2
#define PERP_TLS_FAILED -3
#define PERP_TLS_ENDED 0

/// System roots (OpenSSL honours SSL_CERT_FILE and SSL_CERT_DIR), or only those of `ca_file`.
/// Null when the file can't be read; `error` then says why.
perp_tls_context *perp_tls_context_new(const char *ca_file, char *error, size_t size);
void perp_tls_context_free(perp_tls_context *context);

/// Speaks with `host`, by name or numeric address, whose certificate must be valid for it.
perp_tls *perp_tls_new(perp_tls_context *context, int fd, const char *host);
void perp_tls_free(perp_tls *tls);
/// 1 when done, else one of the PERP_TLS codes. On failure `error` says why.
int perp_tls_handshake(perp_tls *tls, char *error, size_t size);

/// What to think of the peer's certificate.
#define PERP_CERTIFICATE_GOOD 0
#define PERP_CERTIFICATE_UNTRUSTED 1
#define PERP_CERTIFICATE_EXPIRED 2
#define PERP_CERTIFICATE_WRONG_NAME 3
/// After the handshake, whether it has succeeded or failed.
int perp_tls_certificate(perp_tls *tls);
/// Such as `TLSv1.3`; after a handshake that has succeeded.
const char *perp_tls_version(perp_tls *tls);
/// Seconds until the peer's certificate expires; after a handshake that has succeeded.
int64_t perp_tls_seconds_left(perp_tls *tls);
/// Bytes read or written, else one of the PERP_TLS codes.
ssize_t perp_tls_read(perp_tls *tls, void *bytes, size_t count, char *error, size_t size);
ssize_t perp_tls_write(
    perp_tls *tls, const void *bytes, size_t count, char *error, size_t size);
/// Tells the peer that nothing more follows, without waiting.
void perp_tls_shutdown(perp_tls *tls);

void perp_sha1(const void *bytes, size_t count, unsigned char digest[20]);

// --- libcurl: its variadic functions, one for each type of argument ---

CURLcode perp_curl_set_number(CURL *easy, CURLoption option, long value);
CURLcode perp_curl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode perp_curl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode perp_curl_set_list(CURL *easy, struct curl_slist *fields);
typedef size_t (*perp_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
/// The callbacks for the body and header lines that come, and for the body that goes.
CURLcode perp_curl_set_callbacks(
    CURL *easy, perp_curl_transfer body, perp_curl_transfer header, perp_curl_transfer upload,
    void *context);
/// Room of CURL_ERROR_SIZE bytes for an explanation.
CURLcode perp_curl_set_error(CURL *easy, char *error);
/// The status of the response, and the request bytes that were handed to the kernel.
CURLcode perp_curl_result(CURL *easy, long *status, long *sent);

// --- Unix sockets, processes, the service manager ---

/// Connects to a Unix socket, without waiting for more than the kernel does; -1 with errno.
int perp_unix_connect(const char *path);
/// Binds `path`, which must not exist, with mode 0600 and listens. -1 with errno.
int perp_unix_listen(const char *path);
/// Accepts a connection that neither blocks nor survives exec.
int perp_unix_accept(int listener);
/// Who is at the other end of a Unix socket; 0, or -1 with errno.
int perp_peer(int fd, uid_t *uid, pid_t *pid);
/// Becomes readable when the process ends; -1 with errno, ESRCH when it has ended.
int perp_process(pid_t pid);
/// Sends one datagram to a Unix socket; `path` may begin with @ for an abstract one.
int perp_unix_send(const char *path, const char *text);

// --- What must not be seen of this process ---

/// No core file is ever written of this process, no other one of the same user may look into it,
/// and a heap of `bytes`, a power of two, is set up whose pages stay out of core files and swap.
/// 0, or -1 with errno when one of these is not granted; the others hold even so.
int perp_guard_memory(size_t bytes);
/// Takes the variable out of the environment and overwrites its value where the kernel shows it to
/// others. The value is copied to `value`; its length, or -1 where it is not set or too long.
ssize_t perp_take_variable(const char *name, char *value, size_t size);

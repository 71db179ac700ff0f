#include "CPerpIO.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

// A context is an SSL_CTX and a connection an SSL; the names keep OpenSSL's headers out of Swift.

static void explain(char *error, size_t size, const char *fallback) {
  unsigned long code = ERR_get_error();
  const char *text = code ? ERR_reason_error_string(code) : NULL;
  snprintf(error, size, "%s", text ? text : fallback);
  ERR_clear_error();
}

perp_tls_context *perp_tls_context_new(const char *ca_file, char *error, size_t size) {
  ERR_clear_error();
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) {
    explain(error, size, "no TLS");
    return NULL;
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_mode(
      context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  int done = ca_file ? SSL_CTX_load_verify_locations(context, ca_file, NULL)
                     : SSL_CTX_set_default_verify_paths(context);
  if (!done) {
    explain(error, size, "certificates cannot be read");
    SSL_CTX_free(context);
    return NULL;
  }
  return (perp_tls_context *)context;
}

void perp_tls_context_free(perp_tls_context *context) { SSL_CTX_free((SSL_CTX *)context); }

perp_tls *perp_tls_new(perp_tls_context *context, int fd, const char *host) {
  SSL *ssl = SSL_new((SSL_CTX *)context);
  if (!ssl) return NULL;
  unsigned char address[16];
  int is_numeric =
      inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
  int done = SSL_set_fd(ssl, fd);
  if (is_numeric) {
    done = done && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    done = done && SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
  }
  if (!done) {
    SSL_free(ssl);
    return NULL;
  }
  SSL_set_connect_state(ssl);
  // Many small records come out of one read(2); the reader always drains to WANTS_READ.
  SSL_set_read_ahead(ssl, 1);
  return (perp_tls *)ssl;
}

void perp_tls_free(perp_tls *tls) { SSL_free((SSL *)tls); }

static int outcome(SSL *ssl, int result, int saved, char *error, size_t size) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ: return PERP_TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return PERP_TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return PERP_TLS_ENDED;
    case SSL_ERROR_SYSCALL:
      explain(error, size, saved ? strerror(saved) : "end of stream inside TLS");
      return PERP_TLS_FAILED;
    default: explain(error, size, "TLS failed"); return PERP_TLS_FAILED;
  }
}

int perp_tls_handshake(perp_tls *tls, char *error, size_t size) {
  SSL *ssl = (SSL *)tls;
  ERR_clear_error();
  errno = 0;
  int result = SSL_do_handshake(ssl);
  if (result == 1) return 1;
  int code = outcome(ssl, result, errno, error, size);
  long verdict = SSL_get_verify_result(ssl);
  if (code == PERP_TLS_FAILED && verdict != X509_V_OK) {
    snprintf(error, size, "certificate refused: %s", X509_verify_cert_error_string(verdict));
  }
  return code == PERP_TLS_ENDED ? PERP_TLS_FAILED : code;
}

int perp_tls_certificate(perp_tls *tls) {
  switch (SSL_get_verify_result((SSL *)tls)) {
    case X509_V_OK: return PERP_CERTIFICATE_GOOD;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return PERP_CERTIFICATE_EXPIRED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return PERP_CERTIFICATE_WRONG_NAME;
    default: return PERP_CERTIFICATE_UNTRUSTED;
  }
}

const char *perp_tls_version(perp_tls *tls) { return SSL_get_version((SSL *)tls); }

int64_t perp_tls_seconds_left(perp_tls *tls) {
  X509 *certificate = SSL_get0_peer_certificate((SSL *)tls);
  int days = 0, seconds = 0;
  if (!certificate) return 0;
  ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
  return (int64_t)days * 86400 + seconds;
}

ssize_t perp_tls_read(perp_tls *tls, void *bytes, size_t count, char *error, size_t size) {
  size_t done = 0;
  ERR_clear_error();
  errno = 0;
  int result = SSL_read_ex((SSL *)tls, bytes, count, &done);
  return result == 1 ? (ssize_t)done : outcome((SSL *)tls, result, errno, error, size);
}

ssize_t perp_tls_write(
    perp_tls *tls, const void *bytes, size_t count, char *error, size_t size) {
  size_t done = 0;
  ERR_clear_error();
  errno = 0;
  int result = SSL_write_ex((SSL *)tls, bytes, count, &done);
  return result == 1 ? (ssize_t)done : outcome((SSL *)tls, result, errno, error, size);
}

void perp_tls_shutdown(perp_tls *tls) {
  SSL_shutdown((SSL *)tls);
  ERR_clear_error();
}

void perp_sha1(const void *bytes, size_t count, unsigned char digest[20]) {
  SHA1(bytes, count, digest);
}

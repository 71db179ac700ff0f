// The low-level hashes are deprecated for asking less of the library than its new interface; that
// is why they are used: they look up no algorithm on each call.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

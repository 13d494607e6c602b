/* Hashes, Base64 (RFC 4648, 4) and random bytes; the only user of libcrypto. */
#ifndef PORTLOG_BASE_CRYPTO_H
#define PORTLOG_BASE_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { HASH_BYTES = 32 };

struct hash {
	uint8_t bytes[HASH_BYTES];
};

/* SHA-256 of the parts, one behind the other. Cheap to call from any thread. */
void sha256(const struct span *parts, size_t count, struct hash *ret_hash);
void hmac_sha256(struct span key, const struct span *parts, size_t count, struct hash *ret_hash);
/* In constant time. */
bool hash_equal(const struct hash *a, const struct hash *b);

/* Appends the padded text. */
void base64_write(struct span bytes, struct buf *out);
/* Appends the bytes. False, and nothing appended, where the text is not padded Base64. */
bool base64_read(struct span text, struct buf *out);
void hex_write(struct span bytes, struct buf *out);

void random_bytes(void *ret_bytes, size_t count);
/* A random UUID (RFC 9562, version 4): 36 characters and a NUL. */
void uuid_new(char ret_text[37]);

/* What is wrong with a certificate, by OpenSSL's number. From any thread. */
const char *crypto_certificate_error(int number);

const char *crypto_version(void);

#endif

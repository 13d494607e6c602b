#include "base/crypto.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libraries/crypto_library.h"

/* Fetching an algorithm from libcrypto costs more than hashing a message with it, so each thread
 * fetches once and keeps its context until it ends. Only these two are shared, and set once. */
static pthread_key_t digest_key;
static pthread_once_t digest_key_once = PTHREAD_ONCE_INIT;

/* libcrypto fails only where it is broken or memory is gone: nothing a caller could mend. */
static void must(int ok, const char *what)
{
	if (ok == 1)
		return;
	fprintf(stderr, "portlog: libcrypto failed: %s\n", what);
	abort();
}

static void digest_free(void *digest)
{
	EVP_MD_CTX_free(digest);
}

static void digest_key_make(void)
{
	must(pthread_key_create(&digest_key, digest_free) == 0, "no thread-local storage");
}

static EVP_MD_CTX *digest_new(void)
{
	EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	must(algorithm && digest, "no SHA-256");
	must(EVP_DigestInit_ex2(digest, algorithm, NULL), "EVP_DigestInit_ex2");
	EVP_MD_free(algorithm); /* the context holds it */
	must(pthread_setspecific(digest_key, digest) == 0, "no thread-local storage");
	return digest;
}

/* This thread's context, ready for the first byte. */
static EVP_MD_CTX *digest_start(void)
{
	must(pthread_once(&digest_key_once, digest_key_make) == 0, "pthread_once");
	EVP_MD_CTX *digest = pthread_getspecific(digest_key);
	if (!digest)
		return digest_new();
	must(EVP_DigestInit_ex2(digest, NULL, NULL), "EVP_DigestInit_ex2");
	return digest;
}

static void digest_add(EVP_MD_CTX *digest, const void *data, size_t length)
{
	must(EVP_DigestUpdate(digest, data, length), "EVP_DigestUpdate");
}

static void digest_add_parts(EVP_MD_CTX *digest, const struct span *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		digest_add(digest, parts[i].data, parts[i].length);
}

static void digest_end(EVP_MD_CTX *digest, struct hash *ret_hash)
{
	must(EVP_DigestFinal_ex(digest, ret_hash->bytes, NULL), "EVP_DigestFinal_ex");
}

void sha256(const struct span *parts, size_t count, struct hash *ret_hash)
{
	EVP_MD_CTX *digest = digest_start();
	digest_add_parts(digest, parts, count);
	digest_end(digest, ret_hash);
}

/* RFC 2104, on the same context: libcrypto's own MAC would be fetched and keyed for each call. */
void hmac_sha256(struct span key, const struct span *parts, size_t count, struct hash *ret_hash)
{
	enum { BLOCK_BYTES = 64 };
	uint8_t inner[BLOCK_BYTES] = { 0 };
	uint8_t outer[BLOCK_BYTES];
	struct hash hash;
	if (key.length > BLOCK_BYTES) {
		sha256(&key, 1, &hash);
		memcpy(inner, hash.bytes, HASH_BYTES);
	} else if (key.length > 0) {
		memcpy(inner, key.data, key.length);
	}
	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	EVP_MD_CTX *digest = digest_start();
	digest_add(digest, inner, BLOCK_BYTES);
	digest_add_parts(digest, parts, count);
	digest_end(digest, &hash);

	digest = digest_start();
	digest_add(digest, outer, BLOCK_BYTES);
	digest_add(digest, hash.bytes, HASH_BYTES);
	digest_end(digest, ret_hash);
	OPENSSL_cleanse(inner, sizeof(inner));
	OPENSSL_cleanse(outer, sizeof(outer));
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct span bytes, struct buf *out)
{
	size_t length = (bytes.length + 2) / 3 * 4;
	char *at = buf_reserve(out, length);
	for (size_t i = 0; i < bytes.length; i += 3) {
		const uint8_t *from = (const uint8_t *)bytes.data + i;
		size_t left = bytes.length - i;
		unsigned group = (unsigned)from[0] << 16;
		group |= left > 1 ? (unsigned)from[1] << 8 : 0;
		group |= left > 2 ? from[2] : 0;
		*at++ = base64_digits[group >> 18];
		*at++ = base64_digits[group >> 12 & 63];
		*at++ = base64_digits[group >> 6 & 63];
		*at++ = base64_digits[group & 63];
	}
	/* What the last group lacked was written as zero bits: the padding takes its place. */
	size_t lacking = (3 - bytes.length % 3) % 3;
	for (size_t i = 0; i < lacking; i++)
		at[-1 - (ptrdiff_t)i] = '=';
	*at = '\0';
	out->length += length;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The 24 bits of four digits, of which the last `padding` are '='; -1 where they are none, or bits
 * are set that no byte takes: each sequence of bytes has exactly one text. */
static int base64_group(const char *four, size_t padding)
{
	int group = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = i < 4 - padding ? base64_digit(four[i]) : 0;
		if (digit < 0)
			return -1;
		group = group << 6 | digit;
	}
	return group & ((1 << 8 * padding) - 1) ? -1 : group;
}

bool base64_read(struct span text, struct buf *out)
{
	if (!text.data || text.length % 4 != 0)
		return false;
	size_t padding = 0;
	while (padding < 2 && padding < text.length && text.data[text.length - 1 - padding] == '=')
		padding++;
	char *start = buf_reserve(out, text.length / 4 * 3);
	char *at = start;
	for (size_t i = 0; i < text.length; i += 4) {
		size_t missing = i + 4 == text.length ? padding : 0;
		int group = base64_group(text.data + i, missing);
		if (group < 0) {
			*start = '\0';
			return false;
		}
		for (size_t k = 0; k < 3 - missing; k++)
			*at++ = (char)(group >> (16 - 8 * k) & 0xff);
	}
	*at = '\0';
	out->length += (size_t)(at - start);
	return true;
}

void hex_write(struct span bytes, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	char *at = buf_reserve(out, 2 * bytes.length);
	for (size_t i = 0; i < bytes.length; i++) {
		uint8_t byte = (uint8_t)bytes.data[i];
		*at++ = digits[byte >> 4];
		*at++ = digits[byte & 15];
	}
	*at = '\0';
	out->length += 2 * bytes.length;
}

void random_bytes(void *ret_bytes, size_t count)
{
	must(RAND_bytes_ex(NULL, ret_bytes, count, 0), "no random bytes");
}

void uuid_new(char ret_text[37])
{
	uint8_t bytes[16];
	random_bytes(bytes, sizeof(bytes));
	bytes[6] = (uint8_t)(0x40 | (bytes[6] & 0x0f)); /* version 4 */
	bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant 10 */
	struct buf hex = { 0 };
	hex_write(span_make((const char *)bytes, sizeof(bytes)), &hex);
	snprintf(ret_text, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.data, hex.data + 8, hex.data + 12,
		hex.data + 16, hex.data + 20);
	buf_free(&hex);
}

const char *crypto_certificate_error(int number)
{
	return X509_verify_cert_error_string(number);
}

const char *crypto_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

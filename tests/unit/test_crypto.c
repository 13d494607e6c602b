/* Known vectors: FIPS 180-4's examples, RFC 4231, RFC 4648. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void assert_hash(const struct hash *hash, const char *expected)
{
	struct buf hex = { 0 };
	hex_write(span_make((const char *)hash->bytes, HASH_BYTES), &hex);
	assert_string_equal(buf_text(&hex), expected);
	buf_free(&hex);
}

static void test_sha256(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *hash;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span part = span_of(rows[i].text);
		struct hash hash;
		sha256(&part, 1, &hash);
		assert_hash(&hash, rows[i].hash);
	}
}

static void test_sha256_of_parts(void **state)
{
	(void)state;
	const struct span abc[] = { span_of("a"), span_of(NULL), span_of(""), span_of("bc") };
	struct hash hash;
	sha256(abc, COUNT(abc), &hash);
	assert_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(NULL, 0, &hash);
	assert_hash(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

	static char block[1000];
	memset(block, 'a', sizeof(block));
	struct span million[1000];
	for (size_t i = 0; i < COUNT(million); i++)
		million[i] = span_make(block, sizeof(block));
	sha256(million, COUNT(million), &hash);
	assert_hash(&hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static struct span fill(char *memory, unsigned char byte, size_t count)
{
	memset(memory, byte, count);
	return span_make(memory, count);
}

/* RFC 4231, cases 1 to 4, 6 and 7 (5 is about a hash that is cut). */
static void test_hmac(void **state)
{
	(void)state;
	char key[131], data[50];
	struct hash hash;
	struct span part = span_of("Hi There");
	hmac_sha256(fill(key, 0x0b, 20), &part, 1, &hash);
	assert_hash(&hash, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

	const struct span parts[] = { span_of("what do ya want "), span_of("for nothing?") };
	hmac_sha256(span_of("Jefe"), parts, COUNT(parts), &hash);
	assert_hash(&hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

	part = fill(data, 0xdd, 50);
	hmac_sha256(fill(key, 0xaa, 20), &part, 1, &hash);
	assert_hash(&hash, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");

	for (int i = 0; i < 25; i++)
		key[i] = (char)(i + 1);
	part = fill(data, 0xcd, 50);
	hmac_sha256(span_make(key, 25), &part, 1, &hash);
	assert_hash(&hash, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");

	part = span_of("Test Using Larger Than Block-Size Key - Hash Key First");
	hmac_sha256(fill(key, 0xaa, 131), &part, 1, &hash);
	assert_hash(&hash, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

	part = span_of("This is a test using a larger than block-size key and a larger than "
		       "block-size data. The key needs to be hashed before being used by the HMAC "
		       "algorithm.");
	hmac_sha256(fill(key, 0xaa, 131), &part, 1, &hash);
	assert_hash(&hash, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void test_hash_equal(void **state)
{
	(void)state;
	struct hash a = { 0 }, b = { 0 };
	assert_true(hash_equal(&a, &b));
	b.bytes[HASH_BYTES - 1] = 1;
	assert_false(hash_equal(&a, &b));
}

static void test_base64(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		const char *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf text = { 0 }, bytes = { 0 };
		buf_add_text(&text, "[");
		base64_write(span_of(rows[i].bytes), &text);
		assert_string_equal(buf_text(&text) + 1, rows[i].text);
		assert_int_equal(text.length, strlen(rows[i].text) + 1);
		buf_add_text(&bytes, "[");
		assert_true(base64_read(span_of(rows[i].text), &bytes));
		assert_string_equal(buf_text(&bytes) + 1, rows[i].bytes);
		assert_int_equal(bytes.length, strlen(rows[i].bytes) + 1);
		buf_free(&text);
		buf_free(&bytes);
	}
}

static void test_base64_all_bytes(void **state)
{
	(void)state;
	char every[256];
	for (int i = 0; i < 256; i++)
		every[i] = (char)i;
	for (size_t length = 0; length <= sizeof(every); length++) {
		struct span tail = span_make(every + sizeof(every) - length, length);
		struct buf text = { 0 }, bytes = { 0 };
		base64_write(tail, &text);
		assert_true(base64_read(buf_span(&text), &bytes));
		assert_int_equal(bytes.length, length);
		assert_memory_equal(buf_text(&bytes), tail.data, length);
		buf_free(&text);
		buf_free(&bytes);
	}
}

static void test_base64_refused(void **state)
{
	(void)state;
	static const char *const rows[] = { "Z", "Zg", "Zg=", "Zg==\n", "Zg== ", "=Zg=", "Zg=v",
		"Z===", "====", "Zg==Zg==", "Zm9v====", "Zh==", "Zm9=", "Zm-_", "Zm9vZm9*",
		"Zm 9" };
	struct buf bytes = { 0 };
	buf_add_text(&bytes, "kept");
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (base64_read(span_of(rows[i]), &bytes))
			fail_msg("'%s' was read", rows[i]);
		assert_string_equal(buf_text(&bytes), "kept");
		assert_int_equal(bytes.length, 4);
	}
	assert_false(base64_read(span_of(NULL), &bytes));
	buf_free(&bytes);
}

static void test_random(void **state)
{
	(void)state;
	char a[37], b[37];
	uuid_new(a);
	uuid_new(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 36);
	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			assert_int_equal(a[i], '-');
		else
			assert_non_null(strchr("0123456789abcdef", a[i]));
	}
	assert_int_equal(a[14], '4');
	assert_non_null(strchr("89ab", a[19]));
}

static void *hash_often(void *data)
{
	struct span part = span_of("abc");
	for (int i = 0; i < 1000; i++)
		sha256(&part, 1, data);
	return NULL;
}

static void test_threads(void **state)
{
	(void)state;
	pthread_t threads[4];
	struct hash hashes[COUNT(threads)];
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &hashes[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_hash(&hashes[i],
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	}
}

static void test_version(void **state)
{
	(void)state;
	assert_non_null(strstr(crypto_version(), "OpenSSL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_sha256), TEST(test_sha256_of_parts),
		TEST(test_hmac), TEST(test_hash_equal), TEST(test_base64),
		TEST(test_base64_all_bytes), TEST(test_base64_refused), TEST(test_random),
		TEST(test_threads), TEST(test_version) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

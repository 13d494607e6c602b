/* What may become a header, and URLs as they are checked and shown. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "net/http_text.h"
#include "net/http_url.h"

static void test_headers_that_may_be_sent(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *value;
		const char *wrong; /* part of the error; NULL: fine */
	} rows[] = {
		{ "X-A", "b", NULL },
		{ "X-A", "", NULL },
		{ "X-A", "a\tb", NULL },
		{ "X-A", "caf\xc3\xa9", NULL },
		{ "X-A", "b\r\nX-B: c", "line break" },
		{ "X-A", "b\nX-B: c", "line break" },
		{ "X-A", "b\r", "line break" },
		{ "X-A", "\x1b[2J", "control character" },
		{ "X-A", "\x7f", "control character" },
		{ "", "b", "name" },
		{ "X A", "b", "name" },
		{ "X-A:", "b", "name" },
		{ "X-A\r\nX-B", "b", "name" },
		{ "X\xc3\xa9", "b", "name" },
		{ "content-length", "3", "cannot be set" },
		{ "Transfer-Encoding", "chunked", "cannot be set" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		bool ok = http_header_check(rows[i].name, span_of(rows[i].value), &err);
		if (ok != !rows[i].wrong || (!ok && !strstr(err.text, rows[i].wrong)))
			fail_msg("row %zu: %s", i, err.text);
		assert_null(strstr(err.text, "\n"));
	}
	struct error err = { 0 };
	assert_false(http_header_check("X-A", span_make("a\0b", 3), &err));
}

static void test_methods(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "post", "GET /x HTTP/1.1\r\nX: y", "P T", "CONNECT",
		"TRACE", "POST\n" };
	struct error err = { 0 };
	assert_true(http_method_check("POST", &err));
	assert_true(http_method_check("PURGE", &err));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(http_method_check(bad[i], &err));
}

static void test_headers_of_an_answer(void **state)
{
	(void)state;
	static const char *const lines[] = { "HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n",
		"x-two: a\r\n", "X-Two:b\r\n", "Set-Cookie: s=1\r\n", "Empty:\r\n", "no colon\r\n",
		": no name\r\n", "\r\n" };
	struct text_pairs headers = { 0 };
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		http_headers_add(&headers, span_of(lines[i]));
	assert_int_equal(headers.count, 3);
	assert_string_equal(http_headers_get(&headers, "content-type"), "text/plain");
	assert_string_equal(http_headers_get(&headers, "X-TWO"), "a, b");
	assert_string_equal(http_headers_get(&headers, "Empty"), "");
	assert_null(http_headers_get(&headers, "Set-Cookie"));
	text_pairs_clear(&headers);
}

static void test_urls(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		const char *shown;
		bool good;
	} rows[] = {
		{ "https://host/a", "https://host/a", true },
		{ "http://host:8080/a?b=secret", "http://host:8080/a?…", true },
		{ "https://user:pw@host/a", "https://host/a", true },
		{ "https://user@host/", "https://host/", true },
		{ "https://user:p/w@host/", "https://host/", false },
		{ "https://user:p w@host/?k=secret", "https://host/", false },
		{ "https://pw@@host:x/", "https://host:x/", false },
		{ "ftp://host/", "ftp://host/", false },
		{ "file:///etc/passwd", "file:///etc/passwd", false },
		{ "host/a", "host/a", false },
		{ "https://", "https://", false },
		{ "", "", false },
		{ "http://host/\r\nX: y", "http://host/\\r\\nX: y", false },
		{ "http://ho st/", "http://ho st/", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		struct buf shown = { 0 };
		http_url_shown(rows[i].url, &shown);
		assert_string_equal(buf_text(&shown), rows[i].shown);
		if (http_url_check(rows[i].url, &err) != rows[i].good)
			fail_msg("%s: %s", rows[i].url, err.text);
		assert_null(strstr(err.text, "secret"));
		assert_null(strstr(err.text, "pw"));
		buf_free(&shown);
	}
}

static void test_masked(void **state)
{
	(void)state;
	struct buf text = { 0 };
	http_url_masked("https://u:p@w@host/a@b?c=@", &text);
	assert_string_equal(buf_text(&text), "https://***@host/a@b?c=@");
	buf_clear(&text);
	http_url_masked("https://host/a@b", &text);
	assert_string_equal(buf_text(&text), "https://host/a@b");
	buf_free(&text);
}

static void test_origins(void **state)
{
	(void)state;
	assert_true(http_url_same_origin("http://host/a", "http://HOST:80/b?c"));
	assert_true(http_url_same_origin("https://u:p@host/a", "https://host:443/"));
	assert_false(http_url_same_origin("http://host/", "https://host/"));
	assert_false(http_url_same_origin("http://host/", "http://host:81/"));
	assert_false(http_url_same_origin("http://host/", "http://host.example/"));
	assert_false(http_url_same_origin("http://host/", "ftp://host/"));
	assert_false(http_url_same_origin("http://host/", "http://host@other/"));
}

/* As a browser would read them. */
static void test_numbers_as_hosts(void **state)
{
	(void)state;
	static const char *const urls[] = { "http://169.254.169.254/", "http://2852039166/",
		"http://0xa9fea9fe/", "http://0251.0376.0251.0376/", "http://169.254.43518/",
		"http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]:80/x",
		"http://user@169.254.169.254/" };
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct address address;
		if (!http_url_address(urls[i], &address) || !address_refused(&address, NULL, 0))
			fail_msg("%s", urls[i]);
	}
	struct address address;
	assert_false(http_url_address("http://example/", &address));
}

static void test_percent(void **state)
{
	(void)state;
	struct buf text = { 0 };
	http_percent_encode(span_make("a/b?c&d=\xc3\xa9 ~.\0", 14), &text);
	assert_string_equal(buf_text(&text), "a%2Fb%3Fc%26d%3D%C3%A9%20~.%00");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_headers_that_may_be_sent),
		TEST(test_methods),
		TEST(test_headers_of_an_answer),
		TEST(test_urls),
		TEST(test_masked),
		TEST(test_origins),
		TEST(test_numbers_as_hosts),
		TEST(test_percent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

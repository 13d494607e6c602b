/* What the scanner takes and refuses, and how what it found is read. tests/fuzz/fuzz_scan.c
 * compares it with jansson on arbitrary bytes. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

static const char *const result_words[] = {
	[JSON_OK] = "ok",
	[JSON_EMPTY] = "empty",
	[JSON_MALFORMED] = "malformed",
	[JSON_NOT_UTF8] = "not utf8",
	[JSON_TOO_DEEP] = "too deep",
};

/* Scans a copy of exactly that length, so that the sanitizer sees a byte read too far. */
static enum json_result scan_exactly(const char *text, size_t length)
{
	struct json_doc doc = { 0 };
	char *copy = malloc(length > 0 ? length : 1);
	assert_non_null(copy);
	memcpy(copy, text, length);
	enum json_result result = json_scan(&doc, copy, length);
	assert_true(result == JSON_OK ? doc.count > 0 : doc.count == 0);
	json_doc_release(&doc);
	free(copy);
	return result;
}

#define TEXT(text) text, sizeof(text) - 1

static void test_results(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t length;
		enum json_result result;
	} rows[] = {
		{ TEXT("null"), JSON_OK },
		{ TEXT(" \t\r\n{ \"a\" : [ ] , \"b\" : { } } \n"), JSON_OK },
		{ TEXT("[1,-0,0.5,1e5,1E+05,-12.5e-3,9007199254740993]"), JSON_OK },
		{ TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000\""), JSON_OK },
		{ TEXT("\"\\ud800\""), JSON_OK },
		{ TEXT("\"h\xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80\""), JSON_OK },
		{ TEXT("{\"a\":1,\"a\":2}"), JSON_OK },
		{ TEXT(""), JSON_EMPTY },
		{ TEXT(" \n\t "), JSON_EMPTY },
		{ TEXT("nul"), JSON_MALFORMED },
		{ TEXT("nulls"), JSON_MALFORMED },
		{ TEXT("True"), JSON_MALFORMED },
		{ TEXT("{} {}"), JSON_MALFORMED },
		{ TEXT("{}x"), JSON_MALFORMED },
		{ TEXT("{} \0"), JSON_MALFORMED },
		{ TEXT("\0"), JSON_MALFORMED },
		{ TEXT("[1,]"), JSON_MALFORMED },
		{ TEXT("[,1]"), JSON_MALFORMED },
		{ TEXT("[1 2]"), JSON_MALFORMED },
		{ TEXT("[1"), JSON_MALFORMED },
		{ TEXT("[1}"), JSON_MALFORMED },
		{ TEXT("[[1]"), JSON_MALFORMED },
		{ TEXT("]"), JSON_MALFORMED },
		{ TEXT("{\"a\"}"), JSON_MALFORMED },
		{ TEXT("{\"a\":}"), JSON_MALFORMED },
		{ TEXT("{\"a\":1,}"), JSON_MALFORMED },
		{ TEXT("{a:1}"), JSON_MALFORMED },
		{ TEXT("{1:1}"), JSON_MALFORMED },
		{ TEXT("{\"a\""), JSON_MALFORMED },
		{ TEXT("{\"a\":"), JSON_MALFORMED },
		{ TEXT("{"), JSON_MALFORMED },
		{ TEXT("01"), JSON_MALFORMED },
		{ TEXT("+1"), JSON_MALFORMED },
		{ TEXT("-"), JSON_MALFORMED },
		{ TEXT(".5"), JSON_MALFORMED },
		{ TEXT("1."), JSON_MALFORMED },
		{ TEXT("1e"), JSON_MALFORMED },
		{ TEXT("1e+"), JSON_MALFORMED },
		{ TEXT("NaN"), JSON_MALFORMED },
		{ TEXT("\"a"), JSON_MALFORMED },
		{ TEXT("\"0123456789abcdef"), JSON_MALFORMED },
		{ TEXT("\"a\nb\""), JSON_MALFORMED },
		{ TEXT("\"0123456789abcde\x1f\""), JSON_MALFORMED },
		{ TEXT("\"a\0b\""), JSON_MALFORMED },
		{ TEXT("\"\\x\""), JSON_MALFORMED },
		{ TEXT("\"\\u12g4\""), JSON_MALFORMED },
		{ TEXT("\"\\u12"), JSON_MALFORMED },
		{ TEXT("\"\\"), JSON_MALFORMED },
		{ TEXT("\xef\xbb\xbf{}"), JSON_MALFORMED },
		{ TEXT("\"\xff\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xc0\xaf\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xe0\x80\xaf\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xed\xa0\x80\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xf4\x90\x80\x80\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xe2\x82\""), JSON_NOT_UTF8 },
		{ TEXT("\"\xe2\x82"), JSON_NOT_UTF8 },
		{ TEXT("{\"\xff\":1}"), JSON_NOT_UTF8 },
		{ TEXT("\xff\xfe{}"), JSON_NOT_UTF8 },
		{ TEXT("not json \x80"), JSON_NOT_UTF8 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(result_words[scan_exactly(rows[i].text, rows[i].length)],
			result_words[rows[i].result]);
}

static enum json_result scan_nested(
	size_t levels, const char *open, const char *inside, const char *close)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < levels; i++)
		buf_add_text(&text, open);
	buf_add_text(&text, inside);
	for (size_t i = 0; i < levels; i++)
		buf_add_text(&text, close);
	enum json_result result = scan_exactly(buf_text(&text), text.length);
	buf_free(&text);
	return result;
}

static void test_levels(void **state)
{
	(void)state;
	assert_int_equal(scan_nested(JSON_DEPTH_MAX, "[", "", "]"), JSON_OK);
	assert_int_equal(scan_nested(JSON_DEPTH_MAX + 1, "[", "", "]"), JSON_TOO_DEEP);
	assert_int_equal(scan_nested(JSON_DEPTH_MAX, "{\"a\":", "0", "}"), JSON_OK);
	assert_int_equal(scan_nested(JSON_DEPTH_MAX + 1, "{\"a\":", "0", "}"), JSON_TOO_DEEP);
	assert_int_equal(scan_nested(100000, "[", "", "]"), JSON_TOO_DEEP);
	assert_int_equal(scan_nested(100000, "[", "", ""), JSON_TOO_DEEP);
}

/* Every prefix and every single changed byte of a text ends in some result, read exactly. */
static void test_mutilated(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1.5e3,\"\\u00e9 \xc3\xa9\",true],\"b\":{\"c\":null}}";
	size_t length = sizeof(text) - 1;
	for (size_t cut = 0; cut < length; cut++)
		assert_int_not_equal(scan_exactly(text, cut), JSON_OK);
	for (size_t i = 0; i < length; i++) {
		char copy[sizeof(text)];
		memcpy(copy, text, sizeof(text));
		copy[i] = '\x01';
		assert_int_not_equal(scan_exactly(copy, length), JSON_OK);
	}
}

static void test_nodes(void **state)
{
	(void)state;
	static const char text[] = " {\"a\": [1.10, {\"x\":\"y\"}], \"b\\n\":\"q\\t\"} ";
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	assert_int_equal(json_scan(&doc, text, sizeof(text) - 1), JSON_OK);
	assert_int_equal(doc.count, 6);
	assert_span(json_raw(&doc, 0), "{\"a\": [1.10, {\"x\":\"y\"}], \"b\\n\":\"q\\t\"}");
	assert_int_equal(doc.nodes[0].children, 2);
	assert_int_equal(doc.nodes[0].next, 6);
	json_index a = json_member(&doc, 0, span_of("a"));
	assert_int_equal(a, 1);
	assert_int_equal(doc.nodes[a].next, 5);
	assert_span(json_raw(&doc, json_first(&doc, a)), "1.10");
	json_index b = json_next(&doc, 0, a);
	assert_int_equal(b, 5);
	assert_int_equal(json_next(&doc, 0, b), JSON_ABSENT);
	assert_int_equal(json_member(&doc, 0, span_of("b\n")), b);
	assert_int_equal(json_member(&doc, 0, span_of("b\\n")), JSON_ABSENT);
	assert_span(json_text(&doc, b, &scratch), "q\t");
	assert_span(json_key_of(&doc, b, &scratch), "b\n");
	assert_span(json_text(&doc, a, &scratch), NULL);
	assert_true(json_is_nothing(&doc, JSON_ABSENT));
	assert_int_equal(json_member(&doc, JSON_ABSENT, span_of("a")), JSON_ABSENT);
	assert_int_equal(json_member(&doc, b, span_of("a")), JSON_ABSENT);
	assert_int_equal(json_first(&doc, b), JSON_ABSENT);
	buf_free(&scratch);
	json_doc_release(&doc);
}

static void test_paths(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":{\"b.c\":[10,{\"d\":20}],\"e\\\"f\":30},\"a b\":40,"
				   "\"twice\":50,\"twice\":{\"x\":60}}";
	static const struct {
		const char *path;
		const char *raw;
	} rows[] = {
		{ ".a.\"b.c\"[0]", "10" },
		{ ".a.\"b.c\"[1].d", "20" },
		{ ".a[\"b.c\"][1].d", "20" },
		{ ".a.\"e\\\"f\"", "30" },
		{ ".a b", "40" },
		{ ".twice.x", "60" },
		{ ".a.\"b.c\"[2]", NULL },
		{ ".a[0]", NULL },
		{ ".a.\"b.c\".d", NULL },
		{ ".none.at.all", NULL },
		{ "a", NULL },
		{ ".a..b", NULL },
		{ ".a.\"b.c\"[", NULL },
		{ ".a.\"b.c\"[x]", NULL },
		{ ".a.\"b.c\"[99999999999999999999]", NULL },
		{ ".a.\"b.c", NULL },
		{ ".", NULL },
	};
	struct json_doc doc = { 0 };
	assert_int_equal(json_scan(&doc, text, sizeof(text) - 1), JSON_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_span(json_raw(&doc, json_path(&doc, 0, rows[i].path)), rows[i].raw);
	assert_int_equal(json_path(&doc, 0, ""), 0);
	json_doc_release(&doc);
}

static void test_unescapes(void **state)
{
	(void)state;
	static const struct {
		const char *inside;
		const char *text;
		size_t length;
	} rows[] = {
		{ "plain", TEXT("plain") },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", TEXT("\"\\/\b\f\n\r\t") },
		{ "\\u0041\\u00e9\\u20AC\\ud83d\\ude00",
			TEXT("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") },
		{ "a\\u0000b", TEXT("a\0b") },
		{ "\\ud800", TEXT("\xef\xbf\xbd") },
		{ "\\ud800x", TEXT("\xef\xbf\xbdx") },
		{ "\\ud800\\n", TEXT("\xef\xbf\xbd\n") },
		{ "\\ud800\\u0041", TEXT("\xef\xbf\xbd"
					 "A") },
		{ "\\ud800\\ud800\\udc00", TEXT("\xef\xbf\xbd\xf0\x90\x80\x80") },
		{ "\\udc00\\ud800", TEXT("\xef\xbf\xbd\xef\xbf\xbd") },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		json_unescape(span_of(rows[i].inside), &out);
		assert_int_equal(out.length, rows[i].length);
		assert_memory_equal(buf_text(&out), rows[i].text, rows[i].length);
		buf_free(&out);
	}
}

static bool equal_texts(const char *a, const char *b)
{
	struct json_doc x = { 0 };
	struct json_doc y = { 0 };
	assert_int_equal(json_scan(&x, a, strlen(a)), JSON_OK);
	assert_int_equal(json_scan(&y, b, strlen(b)), JSON_OK);
	bool same = json_same(&x, 0, &y, 0);
	assert_int_equal(json_same(&y, 0, &x, 0), same);
	json_doc_release(&x);
	json_doc_release(&y);
	return same;
}

static void test_equality(void **state)
{
	(void)state;
	static const struct {
		const char *a;
		const char *b;
		bool same;
	} rows[] = {
		{ "1", "1.0", true },
		{ "1e2", "100", true },
		{ "1.10", "1.1", true },
		{ "0.001", "1e-3", true },
		{ "10", "1", false },
		{ "-0", "0.0e9", true },
		{ "-1", "1", false },
		{ "123e-2", "1.23", true },
		{ "9007199254740993", "9007199254740992", false },
		{ "1e400", "1e401", false },
		{ "\"a\"", "\"\\u0061\"", true },
		{ "\"a\"", "\"b\"", false },
		{ "\"1\"", "1", false },
		{ "null", "false", false },
		{ "[1,2]", "[1, 2.0]", true },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}", true },
		{ "{\"a\":1,\"a\":2}", "{\"a\":1}", false },
		{ "{\"\\u0061\\n\":{\"x\":[]}}", "{\"a\\n\":{\"x\":[ ]}}", true },
		{ "{\"\\u0061\":1,\"\\u0062\":2}", "{\"b\":2,\"a\":1}", true },
		{ "{}", "[]", false },
		{ "{}", "{ }", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(equal_texts(rows[i].a, rows[i].b), rows[i].same);
	struct json_doc doc = { 0 };
	assert_int_equal(json_scan(&doc, "null", 4), JSON_OK);
	assert_true(json_same(&doc, JSON_ABSENT, &doc, JSON_ABSENT));
	assert_false(json_same(&doc, 0, &doc, JSON_ABSENT));
	json_doc_release(&doc);
}

/* 900 levels whose innermost values differ, each level with a name that comes twice: time would
 * double at each level if anything were compared a second time. */
static void test_equality_is_linear(void **state)
{
	(void)state;
	struct buf a = { 0 };
	struct buf b = { 0 };
	for (int i = 0; i < 900; i++) {
		buf_add_text(&a, "{\"a\":1,\"b\":0,\"a\":");
		buf_add_text(&b, "{\"b\":0,\"a\":2,\"a\":");
	}
	buf_add_text(&a, "1");
	buf_add_text(&b, "2");
	for (int i = 0; i < 900; i++) {
		buf_add_text(&a, "}");
		buf_add_text(&b, "}");
	}
	assert_false(equal_texts(buf_text(&a), buf_text(&b)));
	buf_free(&a);
	buf_free(&b);
}

static void test_members(void **state)
{
	(void)state;
	static const char text[] = "{\"b\":1,\"\\u0061\\t\":2,\"b\":3,\"\":4,\"c\\n\":5}";
	struct json_doc doc = { 0 };
	struct json_members members = { 0 };
	assert_int_equal(json_scan(&doc, text, sizeof(text) - 1), JSON_OK);
	json_members_sort(&members, &doc, 0);
	assert_int_equal(members.count, 4);
	assert_span(members.items[0].name, "");
	assert_span(members.items[1].name, "a\t");
	assert_span(members.items[2].name, "b");
	assert_span(members.items[3].name, "c\n");
	assert_span(json_raw(&doc, json_members_find(&members, span_of("b"))), "3");
	assert_span(json_raw(&doc, json_members_find(&members, span_of("c\n"))), "5");
	assert_int_equal(json_members_find(&members, span_of("d")), JSON_ABSENT);
	json_members_sort(&members, &doc, JSON_ABSENT);
	assert_int_equal(members.count, 0);
	json_members_release(&members);
	json_doc_release(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_results), TEST(test_levels),
		TEST(test_mutilated), TEST(test_nodes), TEST(test_paths), TEST(test_unescapes),
		TEST(test_equality), TEST(test_equality_is_linear), TEST(test_members) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

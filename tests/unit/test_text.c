#include "unit.h"

#include <stdlib.h>

#include "base/text.h"
#include "base/text_list.h"

static void test_utf8(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "", true },
		{ "plain", true },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\x80", false },
		{ "\xc0\xaf", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x80\xaf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf0\x80\x80\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xe2\x82", false },
		{ "a\xff", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_is_utf8(span_of(rows[i].text)), rows[i].valid);
}

static void test_every_code_point(void **state)
{
	(void)state;
	struct buf out = { 0 };
	for (uint32_t code = 0; code < 0x110000; code++) {
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		uint32_t back;
		buf_clear(&out);
		text_add_code(&out, code);
		assert_int_equal(text_next(buf_span(&out), 0, &back), out.length);
		assert_int_equal(back, code);
	}
	buf_free(&out);
}

static void test_safe(void **state)
{
	(void)state;
	static const struct {
		const char *text, *safe, *lines;
	} rows[] = {
		{ "", "", NULL },
		{ "caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5", NULL },
		{ "\x1b[2J\x07", "\\x1b[2J\\x07", NULL },
		{ "a\nb\tc\r", "a\\nb\\tc\\r", "a\nb\tc\\r" },
		{ "\x7f\xc2\x9b", "\\x7f\\u009b", NULL },
		{ "\x9b\xff", "\\x9b\\xff", NULL },
		{ "a\xe2\x80\xae"
		  "b\xe2\x81\xa6",
			"a\\u202eb\\u2066", NULL },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029", NULL },
		{ "ad\xe2\x80\x8bmin\xe2\x80\x8d", "ad\\u200bmin\\u200d", NULL },
		{ "\xf3\xa0\x81\x81", "\\U000e0041", NULL },
		/* A family, joined: an emoji that needs its joiner. */
		{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
			"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", NULL },
	};
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		text_safe(span_of(rows[i].text), &out);
		assert_string_equal(buf_text(&out), rows[i].safe);
		buf_clear(&out);
		text_safe_lines(span_of(rows[i].text), &out);
		assert_string_equal(buf_text(&out), rows[i].lines ? rows[i].lines : rows[i].safe);
	}
	buf_clear(&out);
	text_safe(span_make("a\0b", 3), &out);
	assert_string_equal(buf_text(&out), "a\\x00b");
	buf_free(&out);
}

static void test_width(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 }, { "abc", 3 }, { "caf\xc3\xa9", 4 }, { "cafe\xcc\x81", 4 }, /* a mark */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2 }, /* a Hangul syllable in parts */
		{ "\xf0\x9f\x98\x80!", 3 }, { "\xe2\x80\xa6", 1 }, { "\xef\xbc\xa1", 2 },
		{ "\xe0\xb8\x81\xe0\xb8\xb3", 2 }, /* Thai */
		{ "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7",
			2 },                         /* Devanagari: each letter by itself */
		{ "\xe2\x9d\xa4", 1 },               /* a heart as text */
		{ "\xe2\x9d\xa4\xef\xb8\x8f", 2 },   /* and as emoji */
		{ "\xe2\x9d\xa4\xef\xb8\x8e", 1 },   /* and as text, said */
		{ "1\xef\xb8\x8f\xe2\x83\xa3x", 3 }, /* a keycap */
		{ "a\xef\xb8\x8f", 1 },              /* no emoji: the selector changes nothing */
		{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
			2 }, /* a woman and a rocket, joined */
		{ "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xe2\x80"
		  "\x8d\xf0\x9f\x91\xa6",
			2 }, /* a family of four */
		{ "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5",
			2 }, /* a narrow one, selected, joined */
		{ "\xf0\x9f\x8f\xb3\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x8c\x88", 2 },
		{ "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", 2 }, /* a skin tone */
		{ "\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbd\xe2\x80\x8d\xf0\x9f\x9a\x80",
			2 },                               /* toned, and joined */
		{ "\xe2\x9c\x8c\xf0\x9f\x8f\xbd", 2 },     /* a narrow one, toned */
		{ "\xf0\x9f\x8f\xbd", 2 },                 /* a tone by itself */
		{ "x\xf0\x9f\x8f\xbd", 3 },                /* behind a letter */
		{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", 2 }, /* a flag */
		{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7",
			4 },                                               /* two flags */
		{ "\xf0\x9f\x87\xa9", 1 },                                 /* half a flag */
		{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab", 3 }, /* a flag and a half */
		{ "\xe0\xa4\x95\xe2\x80\x8d\xe0\xa4\xb7",
			2 }, /* a joiner between letters joins no emoji */
		{ "\xf0\x9f\x91\xa9\xe2\x80\x8dx", 3 }, /* a joiner that joins nothing */
		{ "\xf0\x9f\xab\xa8", 2 },              /* an emoji of Unicode 15 */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_width(span_of(rows[i].text)) != rows[i].width)
			fail_msg("row %zu: %zu columns, not %zu", i,
				text_width(span_of(rows[i].text)), rows[i].width);
	assert_int_equal(text_width(span_make("\xff\x80", 2)), 2);
}

static void test_cut(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t width;
		const char *middle, *end;
	} rows[] = {
		{ "abcdefgh", 8, "abcdefgh", "abcdefgh" },
		{ "abcdefgh", 7,
			"abc\xe2\x80\xa6"
			"fgh",
			"abcdef\xe2\x80\xa6" },
		{ "abcdefgh", 4, "ab\xe2\x80\xa6h", "abc\xe2\x80\xa6" },
		{ "abcdefgh", 1, "\xe2\x80\xa6", "\xe2\x80\xa6" },
		{ "abcdefgh", 0, "", "" },
		/* A wide character that would be cut in half is left out. */
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5\xe2\x80\xa6",
			"\xe6\x97\xa5\xe2\x80\xa6" },
		/* A mark stays with its letter. */
		{ "e\xcc\x81"
		  "bcd",
			2, "e\xcc\x81\xe2\x80\xa6", "e\xcc\x81\xe2\x80\xa6" },
		/* Nor is a flag, or what is joined, cut in half. */
		{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaaxyz", 2, "\xe2\x80\xa6", "\xe2\x80\xa6" },
		{ "ab\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", 3, "a\xe2\x80\xa6",
			"ab\xe2\x80\xa6" },
	};
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		text_cut_middle(span_of(rows[i].text), rows[i].width, &out);
		assert_true(text_width(buf_span(&out)) <= rows[i].width);
		assert_string_equal(buf_text(&out), rows[i].middle);
		buf_clear(&out);
		text_cut_end(span_of(rows[i].text), rows[i].width, &out);
		assert_string_equal(buf_text(&out), rows[i].end);
	}
	buf_clear(&out);
	buf_add_text(&out, "x\xe6\x97\xa5");
	text_pad(&out, 1, 4);
	assert_string_equal(buf_text(&out), "x\xe6\x97\xa5  ");
	buf_free(&out);
}

/* For a terminal without UTF-8 nothing is left that is not ASCII. */
static void test_ascii(void **state)
{
	(void)state;
	struct buf out = { 0 };
	text_set_ascii(true);
	text_safe(span_of("caf\xc3\xa9 \xf0\x9f\x9b\x92 A\xe2\x80\xa6\xff\x1b"), &out);
	assert_string_equal(buf_text(&out), "caf\\u00e9 \\U0001f6d2 A...\\xff\\x1b");
	buf_clear(&out);
	text_cut_middle(span_of("abcdefgh"), 4, &out);
	assert_string_equal(buf_text(&out), "ab~h");
	assert_string_equal(text_sign("→", "->"), "->");
	text_set_ascii(false);
	assert_string_equal(text_sign("→", "->"), "→");
	buf_free(&out);
}

static void test_compare(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{ "", "", 0 },
		{ "Alice", "aLICE", 0 },
		{ "\xc3\x89t\xc3\xa9", "\xc3\xa9T\xc3\x89", 0 },
		{ "\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82", 0 }, /* final sigma */
		{ "\xd0\x96", "\xd0\xb6", 0 },
		{ "a", "b", -1 },
		{ "B", "a", 1 },
		{ "a", "ab", -1 },
		{ "\xff", "\xfe", 1 },
		{ NULL, "", -1 },
		{ NULL, NULL, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			text_compare(span_of(rows[i].a), span_of(rows[i].b)), rows[i].order);
		assert_int_equal(
			text_compare(span_of(rows[i].b), span_of(rows[i].a)), -rows[i].order);
	}
}

static void test_glob(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{ "cart", "CART", true },
		{ "cart", "cart-2", false },
		{ "cart*", "cart", true },
		{ "*", "", true },
		{ "?", "", false },
		{ "?", "\xe6\x97\xa5", true },
		{ "*-prod-*", "eu-prod-1", true },
		{ "a*b*c", "aXbXbXc", true },
		{ "a*b*c", "aXbXbX", false },
		{ "**a", "bba", true },
		{ "*.\xc3\x89", "x.\xc3\xa9", true },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "", "", true },
		{ "", "a", false },
		{ "\xff?", "\xff\xfe", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_glob(span_of(rows[i].pattern), span_of(rows[i].text)),
			rows[i].matches);
	assert_false(text_glob(span_of("*"), span_of(NULL)));
	assert_true(text_has_wildcard(span_of("a?")));
	assert_false(text_has_wildcard(span_of("a.b")));
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "record", "records", "log", "runs", "show", "status",
		"verify", "verify-proof", NULL };
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{ "recrod", "record" },
		{ "recordss", "records" },
		{ "lgo", "log" },
		{ "stats", "status" },
		{ "STATS", "status" },
		{ "Verify-p", "verify-proof" },
		{ "verfy", "verify" },
		{ "log", NULL }, /* it is there */
		{ "records", "record" },
		{ "frobnicate", NULL },
		{ "x", NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *nearest = text_nearest(rows[i].word, words);
		assert_string_equal(
			nearest ? nearest : "-", rows[i].nearest ? rows[i].nearest : "-");
	}
}

static void test_lists(void **state)
{
	(void)state;
	struct text_list list = { 0 };
	text_list_split(&list, " a, b,,c ");
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[2], "c");
	assert_null(list.items[3]);
	assert_true(text_list_has(&list, "b"));
	assert_false(text_list_has(&list, "d"));
	text_list_clear(&list);

	struct text_pairs pairs = { 0 };
	text_pairs_set(&pairs, "a", "1");
	text_pairs_set(&pairs, "b", "2");
	text_pairs_set(&pairs, "a", "3");
	assert_int_equal(pairs.count, 2);
	assert_string_equal(text_pairs_get(&pairs, "a"), "3");
	assert_null(text_pairs_get(&pairs, "c"));
	text_pairs_clear(&pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_utf8), TEST(test_every_code_point),
		TEST(test_safe), TEST(test_width), TEST(test_cut), TEST(test_ascii),
		TEST(test_compare), TEST(test_glob), TEST(test_nearest), TEST(test_lists) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

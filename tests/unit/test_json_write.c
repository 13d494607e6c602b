#include "unit.h"

#include <stdlib.h>

#include "base/json_write.h"

static void write_sample(struct json_writer *w)
{
	json_object_start(w);
	json_member_text(w, "a", "x\"\n\x01");
	json_key(w, "b");
	json_array_start(w);
	json_int_value(w, -5);
	json_null_value(w);
	json_raw_value(w, span_of("1.10"));
	json_array_end(w);
	json_key(w, "c");
	json_object_start(w);
	json_object_end(w);
	json_member_span(w, "d", span_make("\xff\xc3\xa9", 3));
	json_object_end(w);
}

static void test_compact(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct json_writer w = { .out = &out };
	write_sample(&w);
	assert_string_equal(buf_text(&out), "{\"a\":\"x\\\"\\n\\u0001\",\"b\":[-5,null,1.10],\"c\":"
					    "{},\"d\":\"\xef\xbf\xbd\xc3\xa9\"}");
	buf_free(&out);
}

static void test_indented(void **state)
{
	(void)state;
	struct buf out = { 0 };
	struct json_writer w = { .out = &out, .indent = 2 };
	write_sample(&w);
	assert_string_equal(buf_text(&out),
		"{\n  \"a\": \"x\\\"\\n\\u0001\",\n  \"b\": [\n    -5,\n    null,\n    1.10\n  ],\n"
		"  \"c\": {},\n  \"d\": \"\xef\xbf\xbd\xc3\xa9\"\n}");
	buf_free(&out);
}

static void test_without_white_space(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ " { \"a b\" :\t[ 1.10 ,\r\n 1e-7 ] }\n", "{\"a b\":[1.10,1e-7]}" },
		{ "\" \\\" x \\\\\" ", "\" \\\" x \\\\\"" },
		{ "[]", "[]" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		json_compact(span_of(rows[i][0]), &out);
		assert_string_equal(buf_text(&out), rows[i][1]);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_compact),
		TEST(test_indented),
		TEST(test_without_white_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

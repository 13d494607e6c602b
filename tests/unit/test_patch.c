/* JSON patches: a table of old, new and what leads from one to the other. tests/cli/patch.py
 * applies them with an implementation of its own. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "event/patch.h"

static void patch_texts(const char *before, const char *after, struct buf *out)
{
	struct json_doc a = { 0 };
	struct json_doc b = { 0 };
	if (before)
		assert_int_equal(json_scan(&a, before, strlen(before)), JSON_OK);
	if (after)
		assert_int_equal(json_scan(&b, after, strlen(after)), JSON_OK);
	patch_write(&a, before ? 0 : JSON_ABSENT, &b, after ? 0 : JSON_ABSENT, out);
	json_doc_release(&a);
	json_doc_release(&b);
}

static void test_patches(void **state)
{
	(void)state;
	static const struct {
		const char *before; /* NULL: there is none */
		const char *after;
		const char *patch;
	} rows[] = {
		{ NULL, NULL, "[]" },
		{ "null", NULL, "[]" },
		{ NULL, "{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"a\":1}}]" },
		{ "{\"a\":1}", NULL, "[{\"op\":\"replace\",\"path\":\"\",\"value\":null}]" },
		{ "{\"a\":1,\"b\":[1]}", "{ \"b\" : [1.0], \"a\" : 1e0 }", "[]" },
		{ "{\"a\":1}", "{\"a\":1.10}",
			"[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1.10}]" },
		{ "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"c\":3,\"d\":4}}",
			"[{\"op\":\"remove\",\"path\":\"/a/b\"},"
			"{\"op\":\"replace\",\"path\":\"/a/c\",\"value\":3},"
			"{\"op\":\"add\",\"path\":\"/a/d\",\"value\":4}]" },
		{ "{\"a\":null}", "{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]" },
		{ "{\"a\":{}}", "{\"a\":[]}",
			"[{\"op\":\"replace\",\"path\":\"/a\",\"value\":[]}]" },
		{ "{\"a/b\":1,\"m~n\":1,\"\":1,\"q\\\"\":1}", "{}",
			"[{\"op\":\"remove\",\"path\":\"/\"},{\"op\":\"remove\",\"path\":\"/"
			"a~1b\"},"
			"{\"op\":\"remove\",\"path\":\"/m~0n\"},{\"op\":\"remove\",\"path\":\"/"
			"q\\\"\"}]" },
		/* The last of a name counts. */
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}", "[]" },
		/* What no pointer can name is replaced with what is around it. */
		{ "{\"a\":{\"\\ud800\":1}}", "{\"a\":{\"\\ud800\":2}}",
			"[{\"op\":\"replace\",\"path\":\"/a\",\"value\":{\"\\ud800\":2}}]" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		patch_texts(rows[i].before, rows[i].after, &out);
		assert_string_equal(buf_text(&out), rows[i].patch);
		buf_free(&out);
	}
}

/* 900 levels of long names, all of which differ: the patch is about as long as the value. */
static void test_deep(void **state)
{
	(void)state;
	struct buf before = { 0 }, after = { 0 }, out = { 0 };
	for (int level = 0; level < 900; level++) {
		buf_addf(&before, "{\"name-%0*d\":%d,\"down\":", 100, level, level);
		buf_addf(&after, "{\"name-%0*d\":%d,\"down\":", 100, level, level + 1);
	}
	buf_add_text(&before, "0");
	buf_add_text(&after, "0");
	for (int level = 0; level < 900; level++) {
		buf_add_char(&before, '}');
		buf_add_char(&after, '}');
	}
	patch_texts(buf_text(&before), buf_text(&after), &out);
	assert_true(out.length < 2 * after.length);
	buf_free(&before);
	buf_free(&after);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_patches), TEST(test_deep) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

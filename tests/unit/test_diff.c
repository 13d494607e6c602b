/* Which properties changed between two states, as lines "PATH: OLD -> NEW". */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "event/diff.h"

static void put(void *data, const struct property_change *change)
{
	struct buf *out = data;
	struct span old_value = change->old_value.data ? change->old_value : span_of("-");
	struct span new_value = change->new_value.data ? change->new_value : span_of("-");
	buf_add_span(out, change->path);
	buf_add_text(out, ": ");
	buf_add_span(out, old_value);
	buf_add_text(out, " -> ");
	buf_add_span(out, new_value);
	buf_add_text(out, "\n");
}

/* NULL: no such state. */
static void diff_texts(const char *before, const char *after, struct buf *out)
{
	struct json_doc a = { 0 };
	struct json_doc b = { 0 };
	if (before)
		assert_int_equal(json_scan(&a, before, strlen(before)), JSON_OK);
	if (after)
		assert_int_equal(json_scan(&b, after, strlen(after)), JSON_OK);
	diff_states(&a, before ? 0 : JSON_ABSENT, &b, after ? 0 : JSON_ABSENT, put, out);
	json_doc_release(&a);
	json_doc_release(&b);
}

static void test_changes(void **state)
{
	(void)state;
	static const struct {
		const char *before;
		const char *after;
		const char *lines;
	} rows[] = {
		{ "{\"title\":\"A\",\"properties\":{\"n\":1}}",
			"{\"title\":\"B\",\"properties\":{\"n\":2}}",
			"title: \"A\" -> \"B\"\nproperties.n: 1 -> 2\n" },
		{ "{\"title\":\"A\"}", "{ \"title\" : \"\\u0041\" }", "" },
		{ "{\"properties\":{\"n\":1.10}}", "{\"properties\":{\"n\":1.1}}", "" },
		{ "{\"properties\":{\"n\":9007199254740993}}",
			"{\"properties\":{\"n\":9007199254740992}}",
			"properties.n: 9007199254740993 -> 9007199254740992\n" },
		{ "{\"properties\":{\"n\":1e-7}}", "{\"properties\":{\"n\":null}}",
			"properties.n: 1e-7 -> null\n" },
		{ "{\"properties\":{\"n\":null}}", "{\"properties\":{}}",
			"properties.n: null -> -\n" },
		{ "{\"properties\":{}}", "{\"properties\":{\"n\":null}}",
			"properties.n: - -> null\n" },
		{ NULL, "{\"identifier\":\"a\",\"properties\":{\"x\":{\"y\":1}},\"relations\":{}}",
			"identifier: - -> \"a\"\nproperties.x.y: - -> 1\n" },
		{ "{\"identifier\":\"a\",\"team\":[\"t\"]}", NULL,
			"identifier: \"a\" -> -\nteam: [\"t\"] -> -\n" },
		{ "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":4,\"d\":5,\"a\":1}",
			"c: 3 -> 4\nd: - -> 5\nb: 2 -> -\n" },
		{ "{\"updatedAt\":1,\"updatedBy\":1,\"createdAt\":1,\"createdBy\":1}",
			"{\"updatedAt\":2,\"updatedBy\":2}", "" },
		{ "{\"properties\":{\"updatedAt\":1}}", "{\"properties\":{\"updatedAt\":2}}",
			"properties.updatedAt: 1 -> 2\n" },
		{ "{\"team\":[\"a\",{\"b\":1,\"c\":2}]}", "{\"team\":[\"a\",{\"c\":2,\"b\":1}]}",
			"" },
		{ "{\"team\":[1,2]}", "{\"team\":[2,1]}", "team: [1,2] -> [2,1]\n" },
		{ "{\"properties\":{\"a.b\":1,\"c d\":1,\"\":1,\"q\\\"\":1,\"x[0]\":1}}",
			"{\"properties\":{\"a.b\":2,\"c d\":2,\"\":2,\"q\\\"\":2,\"x[0]\":2}}",
			"properties.\"a.b\": 1 -> 2\nproperties.c d: 1 -> 2\nproperties.\"\": 1 -> "
			"2\n"
			"properties.\"q\\\"\": 1 -> 2\nproperties.\"x[0]\": 1 -> 2\n" },
		{ "{\"properties\":{\"o\":{\"x\":1}}}", "{\"properties\":{\"o\":[]}}",
			"properties.o: {\"x\":1} -> []\n" },
		{ "{\"properties\":{\"o\":{\"x\":1}}}", "{\"properties\":{\"o\":{}}}",
			"properties.o.x: 1 -> -\n" },
		{ "{\"properties\":{}}", "{\"properties\":{\"o\":{}}}", "properties.o: - -> {}\n" },
		{ "{\"properties\":{\"o\":{}}}", "{\"properties\":{}}", "properties.o: {} -> -\n" },
		{ "{\"relations\":null}", "{\"relations\":{\"env\":\"p\"}}",
			"relations: null -> {\"env\":\"p\"}\n" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}", "" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":3,\"a\":1}", "a: 2 -> 1\n" },
		{ "{\"\\u0061\":1}", "{\"a\":2}", "a: 1 -> 2\n" },
		{ "[1]", "{\"a\":1}", "a: - -> 1\n" },
		{ "[1]", "7", "" },
		{ NULL, NULL, "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		diff_texts(rows[i].before, rows[i].after, &out);
		assert_string_equal(buf_text(&out), rows[i].lines);
		buf_free(&out);
	}
}

/* Both sides of the limit where members are sorted instead of looked for, in opposite order. */
static void test_many_members(void **state)
{
	(void)state;
	for (int count = 20; count < 30; count++) {
		struct buf a = { 0 };
		struct buf b = { 0 };
		struct buf out = { 0 };
		buf_add_text(&a, "{\"gone\":0");
		buf_add_text(&b, "{\"new\":0");
		for (int i = 0; i < count; i++) {
			buf_addf(&a, ",\"m%d\":%d", i, i);
			buf_addf(&b, ",\"m%d\":%d", count - 1 - i,
				count - 1 - i == 7 ? -1 : count - 1 - i);
		}
		buf_add_text(&a, "}");
		buf_add_text(&b, "}");
		diff_texts(buf_text(&a), buf_text(&b), &out);
		assert_string_equal(buf_text(&out), "new: - -> 0\nm7: 7 -> -1\ngone: 0 -> -\n");
		buf_free(&a);
		buf_free(&b);
		buf_free(&out);
	}
}

static void nest(struct buf *out, int levels, const char *inside)
{
	for (int i = 0; i < levels; i++)
		buf_add_text(out, "{\"a\":");
	buf_add_text(out, inside);
	for (int i = 0; i < levels; i++)
		buf_add_text(out, "}");
}

static void test_deep(void **state)
{
	(void)state;
	struct buf a = { 0 };
	struct buf b = { 0 };
	struct buf out = { 0 };
	struct buf expected = { 0 };
	nest(&a, 500, "1");
	nest(&b, 500, "2");
	diff_texts(buf_text(&a), buf_text(&b), &out);
	for (int i = 0; i < DIFF_LEVELS_MAX; i++)
		buf_add_text(&expected, i > 0 ? ".a" : "a");
	buf_add_text(&expected, ": ");
	nest(&expected, 500 - DIFF_LEVELS_MAX, "1");
	buf_add_text(&expected, " -> ");
	nest(&expected, 500 - DIFF_LEVELS_MAX, "2");
	buf_add_text(&expected, "\n");
	assert_string_equal(buf_text(&out), buf_text(&expected));
	buf_free(&a);
	buf_free(&b);
	buf_free(&out);
	buf_free(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_changes), TEST(test_many_members),
		TEST(test_deep) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "event/decode.h"
#include "event/words.h"

static void test_text(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{ "Deploy failed: exit 137", "deploy failed exit 137" },
		{ "checkout-api_v2", "checkout-api_v2" },
		{ "\"deploy failed\"", "deploy failed" },
		{ "a b a", "a b a" },
		{ "(see https://ci.example/run/7?x=1).", "see https ci.example run 7 x 1" },
		{ "ada@example.org, .hidden, --flag", "ada@example.org hidden flag" },
		{ "\xc3\x9c"
		  "ber \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
			"\xc3\xbc"
			"ber \xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
		{ "a\xe2\x80\x94"
		  "b\xc2\xa0"
		  "c",
			"a b c" },
		{ "p:properties.replicas", "p:properties.replicas" },
		{ "... --- !", "" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		words_of_text(span_of(rows[i].text), &out);
		assert_string_equal(buf_text(&out), rows[i].words);
		buf_free(&out);
	}
}

static void words_of(const char *value, struct buf *out)
{
	const struct decoder decoder = { 0 };
	struct events events = { 0 };
	struct record record = { .source = SOURCE_KAFKA, .value = span_of(value) };
	decode_record(&decoder, &record, &events);
	struct properties properties = { 0 };
	properties_collect(&properties, &events);
	words_of_record(&record, &events, &properties, out);
	properties_release(&properties);
	events_release(&events);
}

static void test_change(void **state)
{
	(void)state;
	struct buf out = { 0 };
	words_of("{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
		 "\"trigger\":{\"by\":{\"userId\":\"auth0|1\",\"user\":{\"email\":\"Ada@Example."
		 "org\"}},"
		 "\"origin\":\"UI\",\"at\":\"2026-11-01T10:00:00Z\"},"
		 "\"context\":{\"entity\":\"checkout-api\",\"blueprint\":\"microService\"},"
		 "\"diff\":{\"before\":{\"identifier\":\"checkout-api\",\"title\":\"Checkout API\","
		 "\"properties\":{\"replicas\":2,\"same\":\"unchanged\",\"my key\":\"x1\"}},"
		 "\"after\":{\"identifier\":\"checkout-api\",\"title\":\"Checkout API\","
		 "\"properties\":{\"replicas\":3,\"same\":\"unchanged\",\"my key\":\"x2\"}}}}",
		&out);
	assert_string_equal(buf_text(&out),
		"b:microservice p:properties.replicas p:properties.my_key "
		"checkout-api checkout api microservice micro service "
		"ada@example.org ada "
		"auth0|1 3 2 x2 x1");
	buf_free(&out);
}

/* Appended behind what is there, each word once for the record alone. */
static void test_run(void **state)
{
	(void)state;
	struct buf out = { 0 };
	buf_add_text(&out, "before r_1 ");
	words_of("{\"context\":{\"runId\":\"r_1\",\"blueprint\":\"service\"},\"action\":"
		 "\"scaleHTTPServer\","
		 "\"resourceType\":\"run\",\"status\":\"TRIGGERED\",\"payload\":{\"properties\":"
		 "{\"count\":7,\"note\":\"r_1 again\"}}}",
		&out);
	assert_string_equal(buf_text(&out), "before r_1 rb:service ra:scalehttpserver "
					    "r_1 service scalehttpserver scale http "
					    "server count 7 note again");
	buf_free(&out);
}

static void test_unknown(void **state)
{
	(void)state;
	struct buf out = { 0 };
	words_of("[{\"colour\":\"Blue\"},\"green\",5]", &out);
	assert_string_equal(buf_text(&out), "colour blue green 5");
	buf_clear(&out);
	words_of("plain Text, not JSON", &out);
	assert_string_equal(buf_text(&out), "plain text not json");
	buf_clear(&out);
	words_of("\xff\xfe", &out);
	assert_string_equal(buf_text(&out), "");
	buf_free(&out);
}

/* Nobody looks for the minutes of a time; ids mean nothing in parts. */
static void test_whole(void **state)
{
	(void)state;
	struct buf out = { 0 };
	words_of(
		"[\"2026-11-01T10:00:00.123Z 2026-11-01\",75219.30,\"10.15.7 v10.15 1-ab\"]", &out);
	assert_string_equal(buf_text(&out), "2026-11-01t10:00:00.123z 2026-11-01 75219.30 10.15.7 "
					    "v10.15 v10 15 1-ab ab");
	buf_clear(&out);
	words_of("{\"context\":{\"runId\":\"r_a-b_c\"},\"resourceType\":\"run\"}", &out);
	assert_string_equal(buf_text(&out), "r_a-b_c");
	buf_free(&out);
}

/* Filters are answered by facets: whatever is in a name, there is one word for it, and always. */
static void test_facets(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *word;
	} rows[] = {
		{ "properties.replicas", "p:properties.replicas" },
		{ "properties.\"A b\tc\"", "p:properties.\"a_b_c\"" },
		{ "\xc3\x9c", "p:\xc3\xbc" },
		{ "", "p:" },
	};
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		words_facet(FACET_PATH, span_of(rows[i].name), &out);
		assert_string_equal(buf_text(&out), rows[i].word);
	}
	char longest[300];
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	buf_clear(&out);
	words_facet(FACET_PATH, span_of(longest), &out);
	assert_int_equal(out.length, strlen("p:#") + 32);
	buf_free(&out);
}

/* What most records have is no word of theirs; a run's words are not a change's. */
static void test_everyday(void **state)
{
	(void)state;
	struct buf out = { 0 };
	words_of("{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
		 "\"trigger\":{\"origin\":\"UI\"},\"context\":{\"blueprint\":\"b\"},"
		 "\"diff\":{\"before\":null,\"after\":{}}}",
		&out);
	assert_string_equal(buf_text(&out), "b:b b");
	buf_clear(&out);
	words_of("{\"action\":\"DELETE\",\"resourceType\":\"team\",\"status\":\"FAILURE\","
		 "\"trigger\":{\"origin\":\"Slack\"},\"context\":{\"blueprint\":\"b\"},"
		 "\"diff\":{\"before\":{},\"after\":null}}",
		&out);
	assert_string_equal(buf_text(&out), "b:b o:delete s:failure f:slack r:team b");
	assert_false(words_has_facet(FACET_STATUS, span_of("SUCCESS")));
	assert_true(words_has_facet(FACET_STATUS, span_of("success")));
	assert_true(words_has_facet(FACET_PATH, span_of("SUCCESS")));
	buf_free(&out);
}

/* However many properties change, each has its facet. */
static void test_all_facets(void **state)
{
	(void)state;
	struct buf value = { 0 }, out = { 0 };
	buf_add_text(&value, "{\"action\":\"CREATE\",\"resourceType\":\"entity\",\"context\":"
			     "{\"entity\":\"e\",\"blueprint\":\"b\"},\"diff\":{\"before\":null,"
			     "\"after\":{\"identifier\":\"e\",\"properties\":{\"first\":1");
	for (int i = 0; i < 3000; i++)
		buf_addf(&value, ",\"property_%d\":%d", i, i);
	buf_add_text(&value, "}}}}");
	words_of(buf_text(&value), &out);
	assert_non_null(strstr(buf_text(&out), "p:properties.property_2999 "));
	assert_non_null(strstr(buf_text(&out), "b:b "));
	buf_free(&value);
	buf_free(&out);
}

static void test_limit(void **state)
{
	(void)state;
	struct buf value = { 0 };
	struct buf out = { 0 };
	buf_add_text(&value, "[\"first\"");
	for (int i = 0; i < 5000; i++)
		buf_addf(&value, ",\"w%d \xc3\x84%d\"", i, i);
	buf_add_text(&value, "]");
	words_of(buf_text(&value), &out);
	assert_true(out.length > 1800 && out.length <= 2048);
	assert_memory_equal(buf_text(&out),
		"first w0 \xc3\xa4"
		"0 w1 ",
		15);
	/* A thing that no person types is no word, however long it is. */
	buf_clear(&value);
	buf_clear(&out);
	buf_add_text(&value, "[\"");
	for (int i = 0; i < 200; i++)
		buf_add_text(&value, "A\xc3\x84");
	buf_add_text(&value, "\",\"short\"]");
	words_of(buf_text(&value), &out);
	assert_string_equal(buf_text(&out), "short");
	buf_free(&value);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_text), TEST(test_change), TEST(test_run),
		TEST(test_unknown), TEST(test_whole), TEST(test_facets), TEST(test_everyday),
		TEST(test_all_facets), TEST(test_limit) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

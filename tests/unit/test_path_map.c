#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text_list.h"
#include "event/decode.h"
#include "event/path_map.h"

static void test_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		const char *text;
	} rows[] = {
		{ "[]", "fields: not an object such as {\"entity\": [\".context.entity\"]}" },
		{ "{\"entty\": \".a\"}",
			"fields: no field is called 'entty'; did you mean 'entity'?" },
		{ "{\"entity\": 1}", "fields.entity: paths are texts such as \".context.entity\"" },
		{ "{\"entity\": [\".a\", null]}",
			"fields.entity: paths are texts such as \".context.entity\"" },
		{ "{\"entity\": \"a.b\"}", "fields.entity: 'a.b' is not a path; write '.member', "
					   "'.\"mem.ber\"' or '[0]' for "
					   "each step, as in .context.entity" },
		{ "{\"entity\": \"\"}", "fields.entity: '' is not a path; write '.member', "
					"'.\"mem.ber\"' or '[0]' for each "
					"step, as in .context.entity" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct path_map *map = NULL;
		struct error err = { 0 };
		assert_false(path_map_new(span_of(rows[i].fields), NULL, &map, &err));
		assert_null(map);
		assert_int_equal(err.kind, ERROR_CONFIG);
		assert_string_equal(err.text, rows[i].text);
	}
	/* Nothing is near: all names are listed. */
	struct path_map *map = NULL;
	struct error err = { 0 };
	assert_false(path_map_new(span_of("{\"xyzzyxyzzy\": \".a\"}"), NULL, &map, &err));
	assert_non_null(strstr(err.text, "there are run_id, action, operation, "));
}

static struct path_map *map_of(const char *fields)
{
	struct path_map *map = NULL;
	struct error err = { 0 };
	assert_true(path_map_new(span_of(fields), NULL, &map, &err));
	return map;
}

static void test_fingerprint(void **state)
{
	(void)state;
	struct path_map *shipped = map_of(NULL);
	struct path_map *empty = map_of("{}");
	struct path_map *one = map_of("{\"entity\": \".a\"}");
	struct path_map *list = map_of("{ \"entity\" : [ \".a\" ] }");
	struct path_map *other = map_of("{\"entity\": [\".a\", \".b\"]}");
	struct path_map *feeders = NULL;
	struct text_list names = { 0 };
	struct error err = { 0 };
	text_list_add(&names, "feed_*");
	assert_true(path_map_new(span_of(NULL), &names, &feeders, &err));
	assert_string_not_equal(path_map_fingerprint(feeders), path_map_fingerprint(shipped));
	assert_true(path_map_is_feeder(feeders, span_of("feed_services")));
	assert_false(path_map_is_feeder(feeders, span_of("portlog_changes_service")));
	assert_true(path_map_is_feeder(shipped, span_of("portlog_changes_service")));
	assert_false(path_map_is_feeder(shipped, span_of("my_portlog_changes_service")));
	assert_false(path_map_is_feeder(shipped, span_of(NULL)));
	text_list_clear(&names);
	path_map_free(feeders);
	assert_string_equal(path_map_fingerprint(shipped), path_map_fingerprint(empty));
	assert_string_equal(path_map_fingerprint(one), path_map_fingerprint(list));
	assert_string_not_equal(path_map_fingerprint(one), path_map_fingerprint(shipped));
	assert_string_not_equal(path_map_fingerprint(one), path_map_fingerprint(other));
	path_map_free(shipped);
	path_map_free(empty);
	path_map_free(one);
	path_map_free(list);
	path_map_free(other);
}

/* Configured paths come first, then the shipped ones; the first that leads to a value counts. */
static void test_order(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		const char *entity;
	} rows[] = {
		{ "{\"runId\":\"r_1\",\"x\":{\"y.z\":[0,\"own\"]},\"entity\":\"shipped\"}", "own" },
		{ "{\"runId\":\"r_1\",\"x\":{\"y.z\":[0,\"\"]},\"second\":\"2\"}", "2" },
		{ "{\"runId\":\"r_1\",\"x\":{\"y.z\":[0]},\"entity\":\"shipped\"}", "shipped" },
		{ "{\"runId\":\"r_1\",\"x\":null,\"context\":{\"entity\":\"ctx\"}}", "ctx" },
		{ "{\"runId\":\"r_1\",\"second\":7}", "7" },
		{ "{\"runId\":\"r_1\",\"second\":{\"a\":1}}", NULL },
		{ "{\"runId\":\"r_1\",\"second\":\"a\",\"second\":\"b\"}", "b" },
		{ "{\"runId\":\"r_1\",\"seco\\u006ed\":\"a\"}", "a" },
	};
	struct path_map *map = map_of("{\"entity\": [\".x.\\\"y.z\\\"[1]\", \".second\"]}");
	const struct decoder decoder = { .paths = map };
	struct events events = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record record = { .source = SOURCE_KAFKA, .value = span_of(rows[i].value) };
		decode_record(&decoder, &record, &events);
		assert_int_equal(events.count, 1);
		assert_span(events.items[0].entity, rows[i].entity);
	}
	events_release(&events);
	path_map_free(map);
}

/* A shape of the user's own is a change where the configuration says where its states are. */
static void test_own_change(void **state)
{
	(void)state;
	struct path_map *map = map_of("{\"before\": \".was\", \"after\": \".is\", \"entity\": "
				      "\".what\", \"operation\": \".verb\"}");
	const struct decoder decoder = { .paths = map };
	struct events events = { 0 };
	struct record record = { .source = SOURCE_KAFKA,
		.value = span_of("{\"what\":\"a\",\"verb\":\"UPDATE\",\"was\":{},\"is\":{\"title\":"
				 "\"A\"}}") };
	decode_record(&decoder, &record, &events);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.items[0].kind, EVENT_CHANGE);
	assert_span(events.items[0].entity, "a");
	assert_span(events.items[0].operation, "UPDATE");
	assert_int_equal(events.items[0].after.length, 13);
	assert_span(json_raw(&events.doc, events.items[0].after_node), "{\"title\":\"A\"}");
	events_release(&events);
	path_map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_refuses), TEST(test_fingerprint),
		TEST(test_order), TEST(test_own_change) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

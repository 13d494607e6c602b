/* Local records: the exact text of each, and that it is read back; what is not of that form is
 * refused, member by member. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/local_execution.h"
#include "event/local_report.h"

static struct buf text;
static struct json_doc doc;
static struct arena texts;

static int tear_down(void **state)
{
	(void)state;
	buf_free(&text);
	json_doc_release(&doc);
	arena_free(&texts);
	text = (struct buf){ 0 };
	doc = (struct json_doc){ 0 };
	return 0;
}

/* What was written into text is exactly that, of that kind, and is scanned for reading. */
static void assert_written(enum local_what what, const char *expected)
{
	enum local_what read;
	assert_string_equal(buf_text(&text), expected);
	assert_true(local_what_read(buf_span(&text), &read));
	assert_int_equal(read, what);
	assert_int_equal(json_scan(&doc, text.data, text.length), JSON_OK);
}

static void scan(const char *json)
{
	buf_clear(&text);
	buf_add_text(&text, json);
	assert_int_equal(json_scan(&doc, text.data, text.length), JSON_OK);
}

static void test_owed(void **state)
{
	(void)state;
	const struct local_rule rules[] = {
		{ span_of("a \"b\""), span_of("d1"), span_of("exec") },
		{ span_of("c"), span_of("d2"), span_of("webhook") },
	};
	struct buf json = { 0 };
	local_rules_write(rules, 2, &json);
	struct local_owed owed = { .seq = 7, .idx = 1, .rules = buf_span(&json) }, read;
	local_owed_write(&owed, &text);
	assert_written(LOCAL_EXECUTION_OWED,
		"{\"what\":\"execution.owed\",\"seq\":7,\"idx\":1,\"run_id\":null,\"rules\":["
		"{\"name\":\"a \\\"b\\\"\",\"digest\":\"d1\",\"kind\":\"exec\"},"
		"{\"name\":\"c\",\"digest\":\"d2\",\"kind\":\"webhook\"}]}");
	assert_true(local_owed_read(&doc, &texts, &read));
	assert_int_equal(read.seq, 7);
	assert_int_equal(read.idx, 1);
	assert_null(read.run_id.data);
	assert_null(read.skipped.data);
	assert_false(read.once);
	struct local_rule *back;
	size_t count;
	assert_true(local_rules_read(read.rules, &texts, &back, &count));
	assert_int_equal(count, 2);
	assert_span(back[0].name, "a \"b\"");
	assert_span(back[1].digest, "d2");
	assert_span(back[1].kind, "webhook");

	owed.run_id = span_of("r_1");
	owed.once = true;
	owed.skipped = span_of("older than max_age");
	buf_clear(&text);
	local_owed_write(&owed, &text);
	assert_non_null(strstr(buf_text(&text), "\"run_id\":\"r_1\",\"once\":true,\"rules\":["));
	assert_non_null(strstr(buf_text(&text), "],\"skipped\":\"older than max_age\"}"));
	assert_int_equal(json_scan(&doc, text.data, text.length), JSON_OK);
	assert_true(local_owed_read(&doc, &texts, &read));
	assert_span(read.run_id, "r_1");
	assert_true(read.once);
	assert_span(read.skipped, "older than max_age");
	buf_free(&json);
}

static void test_life(void **state)
{
	(void)state;
	struct local_started started = { 8, 2, { span_of("a"), span_of("d"), span_of("exec") },
		true };
	local_started_write(&started, &text);
	assert_written(LOCAL_EXECUTION_STARTED,
		"{\"what\":\"execution.started\",\"execution\":8,\"attempt\":2,\"rule\":\"a\","
		"\"digest\":\"d\",\"kind\":\"exec\",\"changed\":true}");
	struct local_started began;
	assert_true(local_started_read(&doc, &texts, &began));
	assert_int_equal(began.attempt, 2);
	assert_span(began.rule.kind, "exec");
	assert_true(began.changed);

	struct local_ended ended = { .execution = 8,
		.attempt = 2,
		.state = EXECUTION_WAITING,
		.reason = span_of("exit status 3"),
		.exit_code = 3,
		.output = span_make("a\xff\x1b[1m", 6),
		.next_ms = 1795000000000 };
	buf_clear(&text);
	local_ended_write(&ended, &text);
	assert_written(LOCAL_EXECUTION_ENDED,
		"{\"what\":\"execution.ended\",\"execution\":8,\"attempt\":2,\"state\":\"waiting\","
		"\"reason\":\"exit status "
		"3\",\"exit_code\":3,\"output\":\"a\xef\xbf\xbd\\u001b[1m\","
		"\"next\":1795000000000}");
	struct local_ended end;
	assert_true(local_ended_read(&doc, &texts, &end));
	assert_int_equal(end.state, EXECUTION_WAITING);
	assert_int_equal(end.exit_code, 3);
	assert_int_equal(end.http_status, 0);
	assert_int_equal(end.next_ms, 1795000000000);
	assert_span(end.output, "a\xef\xbf\xbd\x1b[1m");

	struct local_request request = { 8, span_of("typo"), span_of("ana") }, asked;
	buf_clear(&text);
	local_request_write(LOCAL_CANCEL, &request, &text);
	assert_written(LOCAL_CANCEL,
		"{\"what\":\"cancel\",\"execution\":8,\"reason\":\"typo\",\"by\":\"ana\"}");
	assert_true(local_request_read(&doc, &texts, &asked));
	assert_span(asked.by, "ana");
}

static void test_report(void **state)
{
	(void)state;
	struct local_report report = { .execution = 8,
		.run_id = span_of("r_1"),
		.report = span_of("status"),
		.method = span_of("PATCH"),
		.path = span_of("/v1/actions/runs/r_1"),
		.body = span_of("{\"n\":1.10}"),
		.if_open = true,
		.not_before_ms = 5 };
	struct local_report owed;
	local_report_write(&report, &text);
	assert_written(LOCAL_REPORT_OWED,
		"{\"what\":\"report.owed\",\"execution\":8,\"run_id\":\"r_1\",\"report\":"
		"\"status\","
		"\"method\":\"PATCH\",\"path\":\"/v1/actions/runs/r_1\",\"body\":{\"n\":1.10},"
		"\"if_open\":true,\"not_before\":5}");
	assert_true(local_report_read(&doc, &texts, &owed));
	assert_int_equal(owed.execution, 8);
	assert_span(owed.body, "{\"n\":1.10}");
	assert_true(owed.if_open);
	assert_int_equal(owed.not_before_ms, 5);
	scan("{\"execution\":null,\"run_id\":null,\"report\":\"log\",\"body\":null}");
	assert_true(local_report_read(&doc, &texts, &owed));
	assert_int_equal(owed.execution, 0);
	assert_null(owed.body.data);

	struct local_report_end end = { 9, 4, 404, span_of("{\"ok\":false}") }, read;
	buf_clear(&text);
	local_report_end_write(LOCAL_REPORT_REFUSED, &end, &text);
	assert_written(LOCAL_REPORT_REFUSED,
		"{\"what\":\"report.refused\",\"report\":9,\"attempt\":4,\"http_status\":404,"
		"\"answer\":\"{\\\"ok\\\":false}\"}");
	assert_true(local_report_end_read(&doc, &texts, &read));
	assert_int_equal(read.attempt, 4);
	assert_span(read.answer, "{\"ok\":false}");
}

static void test_words(void **state)
{
	(void)state;
	static const char *const none[] = { "", "{", "{\"what\":\"", "{\"what\":\"gap", "null",
		"{\"what\":\"void\"}", "{\"what\":7}", "{ \"what\":\"gap\"}", "[\"gap\"]" };
	enum local_what what;
	for (int i = LOCAL_GAP; i <= LOCAL_RETRY; i++) {
		assert_true(local_what_of(span_of(local_what_word((enum local_what)i)), &what));
		assert_int_equal(what, i);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(local_what_read(span_of(none[i]), &what));
	assert_false(local_what_read((struct span){ 0 }, &what));
	assert_true(local_what_read(span_of("{\"what\":\"gap\"}"), &what));
}

#define OWED "\"seq\":1,\"idx\":0,\"rules\":[]"
#define STARTED "\"rule\":\"a\",\"digest\":\"d\",\"kind\":\"k\""

/* Which of the readers takes it: o, s, e, r, p (report.owed), x (its end). */
static void test_nonsense(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		const char *readers;
	} cases[] = {
		{ "null", "" },
		{ "[]", "" },
		{ "{}", "" },
		{ "{" OWED "}", "o" },
		{ "{\"seq\":0,\"idx\":0,\"rules\":[]}", "" },
		{ "{\"seq\":1.0,\"idx\":0,\"rules\":[]}", "" },
		{ "{\"seq\":\"1\",\"idx\":0,\"rules\":[]}", "" },
		{ "{\"seq\":9223372036854775808,\"idx\":0,\"rules\":[]}", "" },
		{ "{\"seq\":1,\"idx\":4294967296,\"rules\":[]}", "" },
		{ "{\"seq\":1,\"idx\":-1,\"rules\":[]}", "" },
		{ "{\"seq\":1,\"idx\":0}", "" },
		{ "{\"execution\":1}", "r" },
		{ "{\"execution\":-1}", "" },
		{ "{\"execution\":1e1}", "" },
		{ "{\"execution\":true,\"report\":\"log\"}", "" },
		{ "{\"execution\":1,\"attempt\":1," STARTED "}", "sr" },
		{ "{\"execution\":1,\"attempt\":0," STARTED "}", "r" },
		{ "{\"execution\":1,\"attempt\":1000000001," STARTED "}", "r" },
		{ "{\"execution\":1,\"attempt\":1,\"rule\":1,\"digest\":\"d\",\"kind\":\"k\"}",
			"r" },
		{ "{\"execution\":1,\"attempt\":0,\"state\":\"void\"}", "er" },
		{ "{\"execution\":1,\"attempt\":0,\"state\":\"running\"}", "r" },
		{ "{\"execution\":1,\"attempt\":0,\"state\":\"owed\"}", "r" },
		{ "{\"execution\":1,\"attempt\":0,\"state\":\"Failed\"}", "r" },
		{ "{\"execution\":1,\"attempt\":0,\"state\":null}", "r" },
		{ "{\"report\":\"log\"}", "p" },
		{ "{\"report\":2}", "x" },
		{ "{\"report\":2,\"http_status\":\"x\",\"attempt\":[],\"answer\":{}}", "x" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct local_owed owed;
		struct local_started started;
		struct local_ended ended;
		struct local_request request;
		struct local_report report;
		struct local_report_end end;
		char readers[8];
		scan(cases[i].json);
		snprintf(readers, sizeof(readers), "%s%s%s%s%s%s",
			local_owed_read(&doc, &texts, &owed) ? "o" : "",
			local_started_read(&doc, &texts, &started) ? "s" : "",
			local_ended_read(&doc, &texts, &ended) ? "e" : "",
			local_request_read(&doc, &texts, &request) ? "r" : "",
			local_report_read(&doc, &texts, &report) ? "p" : "",
			local_report_end_read(&doc, &texts, &end) ? "x" : "");
		if (strcmp(readers, cases[i].readers) != 0)
			fail_msg("%s: '%s', not '%s'", cases[i].json, readers, cases[i].readers);
	}
}

static void test_rules(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "[]", "{}", "[1]", "[{}]", "[", "[[]]",
		"[{\"name\":\"a\",\"digest\":\"d\"}]",
		"[{\"name\":1,\"digest\":\"d\",\"kind\":\"k\"}]" };
	struct local_rule *rules;
	size_t count;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(local_rules_read(span_of(bad[i]), &texts, &rules, &count));
	assert_false(local_rules_read((struct span){ 0 }, &texts, &rules, &count));
}

/* Whole characters, also where the text had escapes. */
static void test_cut(void **state)
{
	(void)state;
	scan("{\"a\":\"\xc3\xa9\xc3\xa9\",\"b\":\"\\u00e9\\u00e9\",\"c\":\"\"}");
	assert_span(local_text(&doc, "a", 4, &texts), "\xc3\xa9\xc3\xa9");
	assert_span(local_text(&doc, "a", 3, &texts), "\xc3\xa9");
	assert_span(local_text(&doc, "b", 3, &texts), "\xc3\xa9");
	assert_span(local_text(&doc, "b", 1, &texts), "");
	assert_span(local_text(&doc, "c", 3, &texts), "");
	assert_span(local_text(&doc, "d", 3, &texts), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_owed, tear_down),
		cmocka_unit_test_teardown(test_life, tear_down),
		cmocka_unit_test_teardown(test_report, tear_down),
		cmocka_unit_test_teardown(test_words, tear_down),
		cmocka_unit_test_teardown(test_nonsense, tear_down),
		cmocka_unit_test_teardown(test_rules, tear_down),
		cmocka_unit_test_teardown(test_cut, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every message in tests/data/messages is decoded and compared with the .txt beside it: one line
 * per event, its members in one order, what is absent left out. The expectations are written by
 * hand from what each variant means, not from what the code gives. */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/decode.h"

static const char directory[] = "../data/messages";

static void put(struct buf *out, const char *name, struct span text)
{
	if (text.data)
		buf_addf(out, "  %s=%.*s\n", name, (int)text.length, text.data);
}

static void put_word(struct buf *out, const char *name, const char *word)
{
	if (word)
		put(out, name, span_of(word));
}

static void put_time(struct buf *out, const char *name, bool has_time, int64_t ms)
{
	char text[RFC3339_SIZE];
	clock_format_utc(ms, text);
	if (has_time)
		put(out, name, span_of(text));
}

static void put_range(struct buf *out, const char *name, struct span value, struct range range)
{
	if (range.length == 0)
		return;
	assert_true((size_t)range.start + range.length <= value.length);
	put(out, name, span_make(value.data + range.start, range.length));
}

static void put_identity(struct buf *out, const char *name, const struct identity *who)
{
	if (!who->id.data && !who->email.data && !who->port)
		return;
	buf_addf(out, "  %s=%.*s", name, (int)who->id.length, who->id.data ? who->id.data : "");
	if (who->email.data)
		buf_addf(out, " <%.*s>", (int)who->email.length, who->email.data);
	if (who->first_name.data || who->last_name.data)
		buf_addf(out, " (%.*s %.*s)", (int)who->first_name.length,
			who->first_name.data ? who->first_name.data : "",
			(int)who->last_name.length, who->last_name.data ? who->last_name.data : "");
	buf_add_text(out, who->port ? " port\n" : "\n");
}

static const char *const decisions[] = {
	[DECISION_NONE] = NULL,
	[DECISION_APPROVED] = "approved",
	[DECISION_DECLINED] = "declined",
};

static void dump_event(const struct event *e, struct span value, struct buf *out)
{
	buf_add_text(out, e->kind == EVENT_CHANGE ? "change\n" : "run\n");
	put_time(out, "time", e->has_time, e->time_ms);
	put(out, "operation", e->operation);
	put(out, "resource", e->resource);
	put(out, "status", e->status);
	put(out, "origin", e->origin);
	put_identity(out, "user", &e->user);
	put(out, "blueprint", e->blueprint);
	put(out, "entity", e->entity);
	put(out, "title", e->title);
	put(out, "run_id", e->run_id);
	put(out, "action", e->action);
	put(out, "message", e->message);
	put(out, "event_id", e->event_id);
	if (e->signature != SIGNATURE_NONE)
		put_word(out, "signature", signature_status_word(e->signature));
	put_range(out, "before", value, e->before);
	put_range(out, "after", value, e->after);
	assert_int_equal(e->before.length > 0, e->before_node != JSON_ABSENT);
	assert_int_equal(e->after.length > 0, e->after_node != JSON_ABSENT);
	if (e->kind == EVENT_CHANGE)
		return;
	put_word(out, "kind", run_kind_word(e->run_kind));
	put_word(out, "step", e->step == STEP_UPDATED ? "(updated)" : run_step_word(e->step));
	put_word(out, "requests", e->requests ? "yes" : NULL);
	put(out, "port_status", e->port_status);
	put(out, "status_label", e->status_label);
	put_range(out, "inputs", value, e->inputs);
	put_identity(out, "by", &e->by);
	put_word(out, "decision", decisions[e->decision]);
	put_identity(out, "decided_by", &e->decided_by);
	put(out, "decision_reason", e->decision_reason);
	put(out, "group", e->group);
	put_time(out, "created", e->has_created, e->created_ms);
	put_time(out, "ended", e->has_ended, e->ended_ms);
	put(out, "summary", e->summary);
	put(out, "link", e->link);
	put(out, "external_run_id", e->external_run_id);
	put(out, "detail", e->detail);
}

static void dump(const struct events *events, struct span value, struct buf *out)
{
	if (events->problem != PROBLEM_NONE)
		buf_addf(out, "problem %s\n", record_problem_word(events->problem));
	for (size_t i = 0; i < events->count; i++)
		dump_event(&events->items[i], value, out);
}

/* Adds the file's bytes; false where there is none. */
static bool read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	size_t count = 0;
	if (!file)
		return false;
	do {
		char *at = buf_reserve(out, 65536);
		count = fread(at, 1, 65536, file);
		out->length += count;
	} while (count > 0);
	fclose(file);
	buf_reserve(out, 0)[0] = '\0';
	return true;
}

/* value, in memory that ends with its last byte, so that the sanitizer sees one read too far. */
static void decode_exactly(struct span value, struct events *events, struct buf *out)
{
	const struct decoder decoder = { .secret = "test" };
	struct record record = { .source = SOURCE_KAFKA, .offset = 1 };
	char *copy = malloc(value.length > 0 ? value.length : 1);
	assert_non_null(copy);
	memcpy(copy, value.data, value.length);
	record.value = span_make(copy, value.length);
	decode_record(&decoder, &record, events);
	dump(events, record.value, out);
	free(copy);
}

static int is_message(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void check_file(const char *name, struct events *events)
{
	char path[512];
	struct buf value = { 0 };
	struct buf expected = { 0 };
	struct buf found = { 0 };
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_true(read_file(path, &value));
	snprintf(path, sizeof(path), "%s/%.*s.txt", directory, (int)strlen(name) - 5, name);
	if (!read_file(path, &expected))
		fail_msg("%s: not there", path);
	decode_exactly(buf_span(&value), events, &found);
	if (strcmp(buf_text(&found), buf_text(&expected)) != 0)
		fail_msg("%s is decoded as\n%s\nand not, as expected, as\n%s", name,
			buf_text(&found), buf_text(&expected));
	buf_free(&value);
	buf_free(&expected);
	buf_free(&found);
}

/* One struct events for all, as the recorder has it: nothing may be left of the one before. */
static void test_messages(void **state)
{
	(void)state;
	struct dirent **entries = NULL;
	struct events events = { 0 };
	int count = scandir(directory, &entries, is_message, alphasort);
	assert_true(count >= 40);
	for (int i = 0; i < count; i++) {
		check_file(entries[i]->d_name, &events);
		free(entries[i]);
	}
	free(entries);
	events_release(&events);
}

static void test_problems(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		size_t length;
		enum record_problem problem;
	} rows[] = {
		{ NULL, 0, PROBLEM_TOMBSTONE },
		{ "", 0, PROBLEM_EMPTY },
		{ " \n", 2, PROBLEM_EMPTY },
		{ "hello", 5, PROBLEM_NOT_JSON },
		{ "{\"a\":\"\0\"}", 9, PROBLEM_NOT_JSON },
		{ "{\"a\":\"\xff\"}", 9, PROBLEM_NOT_UTF8 },
		{ "null", 4, PROBLEM_UNKNOWN_SHAPE },
		{ "42", 2, PROBLEM_UNKNOWN_SHAPE },
		{ "\"r_1\"", 5, PROBLEM_UNKNOWN_SHAPE },
		{ "[]", 2, PROBLEM_UNKNOWN_SHAPE },
		{ "[1,\"a\"]", 7, PROBLEM_UNKNOWN_SHAPE },
		{ "{}", 2, PROBLEM_UNKNOWN_SHAPE },
		{ "{\"id\":\"x\"}", 10, PROBLEM_UNKNOWN_SHAPE },
		{ "{\"runId\":\"\"}", 12, PROBLEM_UNKNOWN_SHAPE },
		{ "{\"runId\":\"x\"}", 13, PROBLEM_NONE },
	};
	struct events events = { 0 };
	const struct decoder decoder = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record record = { .source = SOURCE_KAFKA,
			.value = span_make(rows[i].value, rows[i].length) };
		decode_record(&decoder, &record, &events);
		assert_int_equal(events.problem, rows[i].problem);
		assert_int_equal(events.count, rows[i].problem == PROBLEM_NONE ? 1 : 0);
	}
	struct record local = { .source = SOURCE_LOCAL, .value = span_of("{\"what\":\"gap\"}") };
	decode_record(&decoder, &local, &events);
	assert_int_equal(events.problem, PROBLEM_NONE);
	assert_int_equal(events.count, 0);
	assert_int_equal(events.doc.count, 2);
	events_release(&events);
}

static void test_deep(void **state)
{
	(void)state;
	struct events events = { 0 };
	struct buf value = { 0 };
	struct buf found = { 0 };
	for (int i = 0; i < 100000; i++)
		buf_add_text(&value, "[");
	decode_exactly(buf_span(&value), &events, &found);
	assert_string_equal(buf_text(&found), "problem too_deep\n");
	buf_clear(&value);
	buf_clear(&found);
	buf_add_text(&value, "{\"runId\":\"r_1\",\"payload\":");
	for (int i = 0; i < 900; i++)
		buf_add_text(&value, "[");
	for (int i = 0; i < 900; i++)
		buf_add_text(&value, "]");
	buf_add_text(&value, "}");
	decode_exactly(buf_span(&value), &events, &found);
	assert_string_equal(buf_text(&found),
		"run\n  run_id=r_1\n  kind=action\n  step=requested\n  requests=yes\n");
	buf_free(&value);
	buf_free(&found);
	events_release(&events);
}

/* The header RUN_ID names the run where the value does not. */
static void test_header(void **state)
{
	(void)state;
	struct events events = { 0 };
	const struct decoder decoder = { 0 };
	const struct record_header header = { span_of("RUN_ID"), span_of("r_header") };
	struct record record = { .source = SOURCE_KAFKA,
		.value = span_of("{\"a\":1}"),
		.headers = &header,
		.header_count = 1 };
	decode_record(&decoder, &record, &events);
	assert_int_equal(events.count, 1);
	assert_span(events.items[0].run_id, "r_header");
	record.value = span_of("{\"runId\":\"r_value\"}");
	decode_record(&decoder, &record, &events);
	assert_span(events.items[0].run_id, "r_value");
	events_release(&events);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_messages), TEST(test_problems),
		TEST(test_deep), TEST(test_header) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

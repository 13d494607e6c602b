/* What a message owes, and what an end means for what comes next. */
#include "unit.h"

#include <stdlib.h>

#include "record/owe.h"
#include "record/verdict.h"

static struct rules *rules_of(const char *text)
{
	struct rules *rules;
	struct error err;
	if (!rules_parse(span_of(text), span_of(NULL), &rules, &err))
		fail_msg("%s", err.text);
	return rules;
}

static void say(struct batch *batch, const char *topic, const char *value)
{
	struct consumer_message message = { .record = { .source = SOURCE_KAFKA,
						    .topic = span_of(topic),
						    .value = span_of(value) } };
	batch_add_message(batch, &message, 0);
}

#define ACTION(id, action)                                                                    \
	"{\"context\":{\"runId\":\"" id "\"},\"action\":\"" action "\",\"payload\":{"         \
	"\"properties\":{},\"action\":{\"identifier\":\"" action "\",\"trigger\":\"CREATE\"," \
	"\"invocationMethod\":{\"type\":\"KAFKA\"}}},\"trigger\":{\"operation\":\"CREATE\"}}"

static void test_owed(void **state)
{
	(void)state;
	struct rules *rules = rules_of(
		"[{\"name\":\"a\",\"match\":{\"action\":\"deploy\"},\"when\":\".x\",\"exec\":{"
		"\"argv\":[\"true\"]}},"
		"{\"name\":\"b\",\"exec\":{\"argv\":[\"true\"]}},"
		"{\"name\":\"c\",\"exec\":{\"argv\":[\"true\"]}}]");
	const struct decoder decoder = { 0 };
	struct owe *owe = owe_new(rules, &decoder);
	struct batch batch = { 0 };
	say(&batch, "o.runs", "no JSON at all");
	owe_last(owe, &batch, false);
	assert_int_equal(batch.owed_count, 0);
	say(&batch, "o.runs", ACTION("r_1", "deploy"));
	owe_last(owe, &batch, false);
	say(&batch, "o.runs", ACTION("r_2", "other"));
	owe_last(owe, &batch, false);
	assert_int_equal(batch.owed_count, 2);
	assert_int_equal(batch.owed[0].record, 1);
	assert_true(span_is(batch.owed[0].run_id, "r_1"));
	assert_true(batch.owed[0].once_per_run);
	assert_null(batch.owed[0].skipped.data);
	assert_int_equal(batch.owed[1].record, 2);
	struct arena texts = { 0 };
	struct local_rule *found;
	size_t count;
	/* Up to the first without a `when`. */
	assert_true(local_rules_read(batch.owed[0].rules, &texts, &found, &count));
	assert_int_equal(count, 2);
	assert_true(span_is(found[0].name, "a"));
	assert_true(span_is(found[1].name, "b"));
	assert_true(span_is(found[1].kind, "exec"));
	assert_true(span_is(found[1].digest, rule_digest(rules_at(rules, 1))));
	assert_true(local_rules_read(batch.owed[1].rules, &texts, &found, &count));
	assert_int_equal(count, 1);
	arena_free(&texts);
	batch_clear(&batch);
	assert_int_equal(batch.owed_count, 0);
	batch_release(&batch);
	owe_free(owe);
	rules_free(rules);
}

/* No rule fits the run of an automation that only carries an event, whatever the rule leaves open;
 * the event is as good as any. */
static void test_feed(void **state)
{
	(void)state;
	static const char value[] =
		"{\"portlog\":{\"carries\":\"change\"},\"run\":{\"id\":\"r_1\"},"
		"\"action\":{\"identifier\":\"feed\"},\"trigger\":{\"origin\":\"AUTOMATION\"},"
		"\"event\":{\"action\":\"DELETE\",\"resourceType\":\"entity\","
		"\"diff\":{\"before\":{\"identifier\":\"a\"},\"after\":null}}}";
	struct rules *rules =
		rules_of("[{\"name\":\"a\",\"exec\":{\"argv\":[\"true\"]}},"
			 "{\"name\":\"b\",\"on\":\"run_update\",\"exec\":{\"argv\":[\"true\"]}},"
			 "{\"name\":\"c\",\"on\":\"change\",\"exec\":{\"argv\":[\"true\"]}}]");
	const struct decoder decoder = { 0 };
	struct owe *owe = owe_new(rules, &decoder);
	struct batch batch = { 0 };
	say(&batch, "o.runs", value);
	owe_last(owe, &batch, false);
	assert_int_equal(batch.owed_count, 1);
	assert_int_equal(batch.owed[0].idx, 1);
	assert_false(batch.owed[0].once_per_run);
	batch_release(&batch);
	owe_free(owe);
	rules_free(rules);
}

static void test_verdicts(void **state)
{
	(void)state;
	const struct {
		struct action_result result;
		int64_t attempts;
		bool idempotent;
		int attempt;
		enum execution_state state;
	} rows[] = {
		{ { .outcome = ACTION_SUCCEEDED }, 3, true, 1, EXECUTION_SUCCEEDED },
		{ { .outcome = ACTION_FAILED }, 1, true, 1, EXECUTION_FAILED },
		{ { .outcome = ACTION_FAILED }, 3, false, 1, EXECUTION_WAITING },
		{ { .outcome = ACTION_FAILED }, 3, false, 3, EXECUTION_FAILED },
		{ { .outcome = ACTION_FAILED }, 3, false, 7, EXECUTION_FAILED },
		{ { .outcome = ACTION_FAILED, .hopeless = true }, 3, true, 1, EXECUTION_FAILED },
		{ { .outcome = ACTION_FAILED, .not_begun = true }, 1, false, 1, EXECUTION_WAITING },
		{ { .outcome = ACTION_FAILED, .unknown = true }, 3, false, 1, EXECUTION_FAILED },
		{ { .outcome = ACTION_FAILED, .unknown = true }, 3, true, 1, EXECUTION_WAITING },
		{ { .outcome = ACTION_TIMED_OUT }, 3, false, 1, EXECUTION_TIMED_OUT },
		{ { .outcome = ACTION_TIMED_OUT }, 3, true, 2, EXECUTION_WAITING },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rule_settings settings = { .idempotent = rows[i].idempotent,
			.retry = { .attempts = rows[i].attempts, .backoff = 1000 } };
		struct verdict v = verdict_of(&rows[i].result, &settings, rows[i].attempt, 0);
		assert_int_equal(v.state, rows[i].state);
		assert_int_equal(v.wait_ms, rows[i].state != EXECUTION_WAITING ? 0
					    : rows[i].attempt == 1             ? 500
									       : 1000);
	}
	const struct rule_settings settings = { .retry = { .attempts = 2, .backoff = 1000 } };
	const struct action_result result = { .outcome = ACTION_FAILED, .retry_after_ms = 9000 };
	assert_int_equal(verdict_of(&result, &settings, 1, 0).wait_ms, 9000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

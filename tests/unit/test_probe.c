#include "unit.h"

#include <string.h>

#include "kafka/mock.h"
#include "kafka/probe.h"

/* What the probe told, a line each. */
static void on_trouble(
	void *data, enum consumer_trouble trouble, const char *topic, const char *text)
{
	(void)text;
	buf_addf(data, "trouble %d %s\n", (int)trouble, topic ? topic : "-");
}

static void on_topic(void *data, const struct probe_topic *topic)
{
	buf_addf(data, "topic %s %d %s\n", topic->name, topic->partitions,
		!topic->error                             ? "good"
		: topic->trouble == TROUBLE_TOPIC_MISSING ? "missing"
							  : "other");
}

static void on_warning(void *data, const char *text)
{
	buf_addf(data, "warning %s\n", text);
}

static void on_group(void *data)
{
	buf_add_text(data, "group\n");
}

static void probe(const char *brokers, const char *const *topics, int64_t timeout_ms,
	struct buf *told, bool *ret_answered)
{
	struct error err = { 0 };
	struct text_list list = { 0 };
	const struct probe_owner owner = { told, on_trouble, on_topic, on_warning, on_group };
	for (; *topics; topics++)
		text_list_add(&list, *topics);
	const struct consumer_settings settings = {
		.brokers = brokers, .group = "org_1.portlog", .topics = &list
	};
	if (!probe_run(&settings, timeout_ms, &owner, ret_answered, &err))
		fail_msg("%s", err.text);
	text_list_clear(&list);
}

static void test_answers(void **state)
{
	(void)state;
	static const char *const topics[] = { "org_1.runs", NULL };
	struct error err = { 0 };
	struct buf told = { 0 };
	struct mock *mock = NULL;
	bool answered = false;
	if (!mock_new(&mock, &err) || !mock_add_topic(mock, "org_1.runs", 3, &err))
		fail_msg("%s", err.text);
	probe(mock_brokers(mock), topics, 20000, &told, &answered);
	assert_true(answered);
	assert_string_equal(buf_text(&told), "topic org_1.runs 3 good\ngroup\n");
	buf_free(&told);
	mock_free(mock);
}

/* Port 1 of this machine refuses: no answer, and no longer than asked for. */
static void test_nobody(void **state)
{
	(void)state;
	static const char *const topics[] = { "org_1.runs", NULL };
	struct buf told = { 0 };
	bool answered = true;
	probe("127.0.0.1:1", topics, 1500, &told, &answered);
	assert_false(answered);
	assert_null(strstr(buf_text(&told), "topic"));
	buf_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_answers), TEST(test_nobody) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

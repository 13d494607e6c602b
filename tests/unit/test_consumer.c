/* The consumer against librdkafka's mock cluster: everything arrives as published, commits and what
 * is written beside them come back, positions that are not there are told. */
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "kafka/consumer.h"
#include "kafka/mock.h"

enum { PARTITIONS = 3, MESSAGES = 300, PATIENCE_MS = 30000 };

/* What the owner saw. */
struct seen {
	struct consumer *consumer;
	int64_t start; /* where partitions begin */
	size_t assigned;
	size_t revoked;
	size_t messages;
	size_t ends;
	size_t out_of_range;
	size_t answers;
	size_t commits;
	size_t held;
	int64_t next[PARTITIONS];
	struct buf text; /* of the messages with special values */
	int64_t low;
	int64_t high;
	int64_t committed;
	char metadata[64];
	int markers[PARTITIONS]; /* what data points to */
};

static void on_assigned(void *data, const struct consumer_partition *partitions, size_t count)
{
	struct seen *seen = data;
	struct error err = { 0 };
	struct consumer_partition *mine = xmemdup(partitions, count * sizeof(*mine));
	for (size_t i = 0; i < count; i++) {
		mine[i].offset = seen->start;
		mine[i].data = &seen->markers[mine[i].partition];
	}
	assert_true(consumer_assign(seen->consumer, mine, count, &err));
	seen->assigned += count;
	free(mine);
}

static void on_revoked(void *data, bool lost)
{
	struct seen *seen = data;
	assert_false(lost);
	seen->revoked++;
}

static void on_message(void *data, void *partition, struct consumer_message *message)
{
	struct seen *seen = data;
	const struct record *record = &message->record;
	assert_ptr_equal(partition, &seen->markers[record->partition]);
	assert_int_equal(record->offset, seen->next[record->partition]++);
	if (record->partition == 0 && record->offset < 4) {
		buf_addf(&seen->text, "%s|%s|%d|", record->key.data ? "key" : "no key",
			record->value.data ? "value" : "tombstone", (int)record->timestamp_type);
		buf_add_span(&seen->text, record->value);
		buf_addf(&seen->text, "|%lld|", (long long)record->timestamp_ms);
		record_headers_write(record->headers, record->header_count, &seen->text);
		buf_add_char(&seen->text, '\n');
	}
	seen->messages++;
	consumer_message_release(message);
}

static void on_end(void *data, void *partition, int64_t offset)
{
	struct seen *seen = data;
	assert_int_equal(offset, seen->next[(int *)partition - seen->markers]);
	seen->ends++;
}

static void on_out_of_range(void *data, void *partition)
{
	struct seen *seen = data;
	assert_non_null(partition);
	seen->out_of_range++;
}

static void on_answer(void *data, const struct consumer_answer *answer)
{
	struct seen *seen = data;
	assert_true(answer->ok);
	seen->low = answer->low;
	seen->high = answer->high;
	if (answer->committed == CONSUMER_NONE)
		return; /* the wake-up's */
	seen->committed = answer->committed;
	strncpy(seen->metadata, answer->metadata, sizeof(seen->metadata) - 1);
	seen->answers++;
}

static void on_held(void *data, const struct consumer_held *partitions, size_t count)
{
	struct seen *seen = data;
	assert_string_equal(partitions[0].topic, "runs");
	seen->held += count;
}

static void on_committed(
	void *data, const struct consumer_partition *partitions, size_t count, const char *error)
{
	struct seen *seen = data;
	assert_null(error);
	assert_int_equal(count, 1);
	assert_int_equal(partitions[0].offset, 7);
	seen->commits++;
}

static void on_trouble(
	void *data, enum consumer_trouble trouble, const char *topic, const char *text)
{
	(void)data;
	assert_non_null(text);
	(void)topic;
	assert_int_equal(trouble, TROUBLE_OTHER);
}

static void on_log(void *data, bool is_warning, const char *facility, const char *text)
{
	(void)data;
	(void)is_warning;
	(void)facility;
	(void)text;
}

/* A group of its own each time: the mock lets nobody in for a session's time after the last has
 * left. */
static void open_consumer(struct seen *seen, const struct mock *mock, const char *group)
{
	struct error err = { 0 };
	struct text_list topics = { 0 };
	text_list_add(&topics, "runs");
	const struct consumer_owner owner = { seen, on_assigned, on_revoked, on_message, on_end,
		on_out_of_range, on_answer, on_held, on_committed, on_trouble, on_log };
	const struct consumer_settings settings = {
		.brokers = mock_brokers(mock), .group = group, .topics = &topics
	};
	assert_true(consumer_new(&settings, &owner, &seen->consumer, &err));
	text_list_clear(&topics);
}

/* Polls until *what has reached at_least. */
static void wait_for(struct seen *seen, const size_t *what, size_t at_least)
{
	int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
	while (*what < at_least) {
		assert_true(clock_monotonic_ms() < deadline);
		if (consumer_poll(seen->consumer, 100))
			continue;
		struct pollfd wait = { .fd = consumer_descriptor(seen->consumer),
			.events = POLLIN };
		poll(&wait, 1, 1000);
	}
}

static void publish(struct mock *mock)
{
	struct error err = { 0 };
	const struct record_header headers[] = {
		{ span_of("a"), span_of("1") },
		{ span_of("a"), { NULL, 0 } },
		{ span_of("empty"), { "", 0 } },
	};
	const struct record special[] = {
		{ .key = span_of("k"),
			.value = span_of("v"),
			.headers = headers,
			.header_count = 3 },
		{ .value = span_of("no key") },
		{ .key = span_of("k") },
		{ .key = span_of(""), .value = span_of("") },
	};
	for (size_t i = 0; i < MESSAGES; i++) {
		size_t index = i / PARTITIONS;
		struct record record = index < 4 ? special[index] : special[0];
		record.topic = span_of("runs");
		record.partition = (int32_t)(i % PARTITIONS);
		record.timestamp_type = TIMESTAMP_CREATE;
		record.timestamp_ms = 1700000000000 + (int64_t)i;
		assert_true(mock_publish(mock, &record, &err));
	}
	assert_true(mock_flush(mock, PATIENCE_MS, &err));
}

static void test_delivers_what_was_published(void **state)
{
	struct mock *mock = *state;
	struct seen seen = { 0 };
	open_consumer(&seen, mock, "first");
	wait_for(&seen, &seen.messages, MESSAGES);
	wait_for(&seen, &seen.ends, PARTITIONS);
	assert_string_equal(buf_text(&seen.text),
		"key|value|1|v|1700000000000|[[\"a\",\"MQ==\"],[\"a\",null],[\"empty\",\"\"]]\n"
		"no key|value|1|no key|1700000000003|\n"
		"key|tombstone|1||1700000000006|\n"
		"key|value|1||1700000000009|\n");

	const struct consumer_partition seven = {
		.topic = "runs", .partition = 1, .offset = 7, .data = &seen.markers[1]
	};
	consumer_commit(seen.consumer, &seven, 1, "portlog/1 uuid 42");
	wait_for(&seen, &seen.commits, 1);
	consumer_ask(seen.consumer, &seven, true, CONSUMER_NONE);
	wait_for(&seen, &seen.answers, 1);
	assert_int_equal(seen.low, 0);
	assert_int_equal(seen.high, MESSAGES / PARTITIONS);
	assert_int_equal(seen.committed, 7);
	assert_string_equal(seen.metadata, "portlog/1 uuid 42");
	consumer_ask_held(seen.consumer);
	wait_for(&seen, &seen.held, PARTITIONS);

	assert_true(consumer_close(seen.consumer, PATIENCE_MS));
	assert_int_equal(seen.revoked, 1);
	assert_int_equal(seen.messages, MESSAGES);
	buf_free(&seen.text);
}

static void test_tells_what_is_not_there(void **state)
{
	struct mock *mock = *state;
	struct seen seen = { .start = 5000 };
	open_consumer(&seen, mock, "second");
	wait_for(&seen, &seen.out_of_range, PARTITIONS);
	assert_int_equal(seen.messages, 0);
	assert_true(consumer_close(seen.consumer, PATIENCE_MS));
}

static int set_up(void **state)
{
	struct error err = { 0 };
	struct mock *mock;
	assert_true(mock_new(&mock, &err));
	assert_true(mock_add_topic(mock, "runs", PARTITIONS, &err));
	publish(mock);
	*state = mock;
	return 0;
}

static int tear_down(void **state)
{
	mock_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_delivers_what_was_published),
		TEST(test_tells_what_is_not_there),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

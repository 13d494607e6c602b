#include "demo/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "demo/demo_state.h"
#include "query/query.h"
#include "store/reader.h"

enum {
	PUBLISH_TIMEOUT_MS = 60000,
	STOP_TIMEOUT_MS = 20000,
	/* The broker keeps about 5 MB of a partition. What is published at once is less, and is
	 * recorded before more is. */
	WAVE_BYTES = 1500000,
	WAVES = 6, /* so that runs and changes are recorded side by side */
	FEW = 500, /* messages that are hardly worth a wave */
	LIVE_PAUSE_MS = 2500,
};

static struct span span_copy(struct span text)
{
	return span_make(span_dup(text), text.length);
}

static void span_free(struct span text)
{
	free((void *)(uintptr_t)text.data);
}

static void waiting_add(struct waiting *waiting, const struct record *record)
{
	if (waiting->count == waiting->capacity) {
		waiting->capacity = waiting->capacity ? 2 * waiting->capacity : 64;
		waiting->records = xreallocarray(
			waiting->records, waiting->capacity, sizeof(*waiting->records));
		waiting->headers = xreallocarray(
			waiting->headers, waiting->capacity, sizeof(*waiting->headers));
		for (size_t i = 0; i < waiting->count; i++)
			waiting->records[i].headers = &waiting->headers[i];
	}
	struct record *copy = &waiting->records[waiting->count];
	struct record_header *header = &waiting->headers[waiting->count++];
	*copy = *record;
	*header = *record->headers;
	header->value = span_copy(header->value);
	copy->headers = header;
	copy->key = span_copy(record->key);
	copy->value = span_copy(record->value);
}

static void waiting_clear(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->count; i++) {
		span_free(waiting->headers[i].value);
		span_free(waiting->records[i].key);
		span_free(waiting->records[i].value);
	}
	waiting->count = 0;
}

/* What the recorder said last: why it ended, when it ended by itself. */
static bool recorder_failed(const struct demo *demo, struct error *err)
{
	char line[256];
	char last[256] = "it could not say why; is the disk full?";
	FILE *f = fopen(demo->log, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		memcpy(last, line, sizeof(last));
	}
	if (f)
		fclose(f);
	return error_set(
		err, ERROR_STORE, "the demo's recorder failed: %s (see '%s')", last, demo->log);
}

bool demo_is_recording(struct demo *demo, struct error *err)
{
	return !child_has_ended(&demo->recorder) || recorder_failed(demo, err);
}

static bool write_config(const struct demo *demo, struct error *err)
{
	struct buf text = { 0 };
	struct json_writer w = { .out = &text, .indent = 2 };
	json_object_start(&w);
	json_member_text(&w, "org", STORY_ORG);
	json_member_text(&w, "store", demo->store);
	acting_config_write(demo->acting, demo->now_ms, &w);
	json_object_end(&w);
	buf_add_char(&text, '\n');

	int fd = open(demo->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = f && fwrite(text.data, 1, text.length, f) == text.length;
	if (f && fclose(f) != 0)
		ok = false;
	buf_free(&text);
	return ok ||
	       error_set(err, ERROR_STORE, "cannot write '%s': %s", demo->config, strerror(errno));
}

/* The recorder as the user would start it, apart from a broker without a login, and from asking it
 * for more so often that nobody has to wait. */
static bool start_recorder(struct demo *demo, bool acts, struct error *err)
{
	const char *const words[] = { "portlog", "record", "--config", demo->config, "--brokers",
		mock_brokers(demo->mock), "-X", "security.protocol=PLAINTEXT", "-X",
		"fetch.wait.max.ms=10" };
	const struct text_pairs nothing = { 0 };
	struct text_list arguments = { 0 };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		text_list_add(&arguments, words[i]);
	if (!acts)
		text_list_add(&arguments, "--no-actions");
	const struct child_settings settings = {
		.arguments = &arguments, .environment = &nothing, .output = demo->log, .apart = true
	};
	bool ok = child_start(&settings, &demo->recorder, err);
	text_list_clear(&arguments);
	return ok;
}

bool demo_start(const struct demo_settings *settings, struct demo **ret_demo, struct error *err)
{
	struct demo *demo = xcalloc(1, sizeof(*demo));
	demo->directory = xstrdup(settings->directory);
	demo->store = xasprintf("%s/portlog.db", settings->directory);
	demo->config = xasprintf("%s/config.json", settings->directory);
	demo->log = xasprintf("%s/recorder.log", settings->directory);
	demo->zone = settings->zone ? xstrdup(settings->zone) : NULL;
	demo->now_ms = settings->now_ms;
	demo->messages = settings->messages;
	demo->story = story_new(settings->now_ms, settings->messages);
	if (acting_new(demo->directory, &demo->acting, err) && write_config(demo, err) &&
		mock_new(&demo->mock, err) && mock_add_topic(demo->mock, STORY_RUNS, 1, err) &&
		mock_add_topic(demo->mock, STORY_CHANGE_LOG, 1, err) &&
		start_recorder(demo, settings->acts, err)) {
		*ret_demo = demo;
		return true;
	}
	demo_stop(demo);
	return false;
}

void demo_stop(struct demo *demo)
{
	if (!demo)
		return;
	child_stop(&demo->recorder, STOP_TIMEOUT_MS);
	waiting_clear(&demo->waiting);
	free(demo->waiting.records);
	free(demo->waiting.headers);
	reader_close(demo->reader);
	mock_free(demo->mock);
	acting_free(demo->acting);
	story_free(demo->story);
	free(demo->directory);
	free(demo->store);
	free(demo->config);
	free(demo->log);
	free(demo->zone);
	free(demo);
}

bool demo_end_recording(struct demo *demo, struct error *err)
{
	child_stop(&demo->recorder, STOP_TIMEOUT_MS);
	bool ok = WIFEXITED(demo->recorder.status) && WEXITSTATUS(demo->recorder.status) == 0;
	return ok || recorder_failed(demo, err);
}

struct record demo_record_of(const struct story_message *message)
{
	return (struct record){ .topic = span_of(message->topic),
		.timestamp_ms = message->timestamp_ms,
		.timestamp_type = TIMESTAMP_CREATE,
		.key = message->key,
		.headers = &message->header,
		.header_count = message->header.name.data ? 1 : 0,
		.value = message->payload };
}

/* How many messages are in the store. */
static bool recorded(struct demo *demo, size_t *ret_count, struct error *err)
{
	struct error not_yet = { 0 };
	if (!demo->reader && !reader_open(demo->store, &demo->reader, &not_yet)) {
		*ret_count = 0;
		return true;
	}
	int64_t count = 0;
	struct query *query = NULL;
	struct filter_settings filter = { 0 };
	text_list_add(&filter.topic.any_of, STORY_RUNS);
	text_list_add(&filter.topic.any_of, STORY_CHANGE_LOG);
	struct field_list fields = { 0 };
	const struct query_settings settings = {
		.view = &view_records, .filter = &filter, .fields = &fields, .limit = -1
	};
	bool ok = field_list_choose(view_records.fields, "seq", &fields, err) &&
		  query_open(demo->reader, &settings, &query, err) &&
		  query_count(query, &count, err);
	query_close(query);
	field_list_release(&fields);
	text_list_clear(&filter.topic.any_of);
	*ret_count = (size_t)count;
	return ok;
}

bool demo_wait_recorded(struct demo *demo, demo_tick *tick, void *data, struct error *err)
{
	size_t last = 0;
	int64_t since_ms = clock_monotonic_ms();
	if (!mock_flush(demo->mock, PUBLISH_TIMEOUT_MS, err))
		return false;
	for (;;) {
		size_t count = 0;
		if (!recorded(demo, &count, err))
			return false;
		tick(data, count, demo->messages);
		if (count == demo->published)
			return true;
		if (!demo_is_recording(demo, err))
			return false;
		if (count > last)
			since_ms = clock_monotonic_ms();
		last = count;
		if (clock_monotonic_ms() - since_ms > DEMO_STALLED_MS)
			return error_set(err, ERROR_STORE,
				"the demo's recorder stands still at %zu of %zu messages (see "
				"'%s')",
				count, demo->published, demo->log);
		/* Counting takes the longer, the more there is. */
		poll(NULL, 0, DEMO_LOOK_AGAIN_MS + (int)(count / 5000));
	}
}

bool demo_publish(struct demo *demo, const struct record *record, struct error *err)
{
	demo->published++;
	return mock_publish(demo->mock, record, err);
}

static bool publish_waiting(struct demo *demo, struct error *err)
{
	bool ok = true;
	for (size_t i = 0; ok && i < demo->waiting.count; i++)
		ok = demo_publish(demo, &demo->waiting.records[i], err);
	waiting_clear(&demo->waiting);
	return ok;
}

/* A topic's messages come in the order of their publication, two topics' as it happens. So that the
 * same story always gives the same journal, the topics take turns: in each part of the story first
 * the change log is recorded, then the runs. */
bool demo_play(struct demo *demo, demo_tick *tick, void *data, size_t *ret_count, struct error *err)
{
	struct story_message message;
	size_t most = demo->messages > FEW ? demo->messages : FEW;
	for (bool more = true; more;) {
		size_t bytes = 0;
		size_t count = 0;
		for (; bytes < WAVE_BYTES && count * WAVES < most; count++) {
			more = story_next(demo->story, &message);
			if (!more)
				break;
			bytes += message.payload.length;
			const struct record record = demo_record_of(&message);
			if (span_is(record.topic, STORY_RUNS))
				waiting_add(&demo->waiting, &record);
			else if (!demo_publish(demo, &record, err))
				return false;
		}
		if (!demo_wait_recorded(demo, tick, data, err) || !publish_waiting(demo, err) ||
			!demo_wait_recorded(demo, tick, data, err))
			return false;
	}
	*ret_count = demo->published;
	return true;
}

static bool publish_due(struct demo *demo, int64_t now_ms, struct error *err)
{
	struct story_message message;
	int64_t due_ms;
	while (story_due(demo->story, &due_ms) && due_ms <= now_ms) {
		story_next(demo->story, &message);
		const struct record record = demo_record_of(&message);
		if (!demo_publish(demo, &record, err))
			return false;
	}
	return true;
}

bool demo_go_on(struct demo *demo, int64_t now_ms, struct error *err)
{
	for (; demo->live_ms <= now_ms; demo->live_ms += LIVE_PAUSE_MS) {
		if (demo->live_ms == 0)
			demo->live_ms = now_ms;
		story_go_on(demo->story, demo->live_ms);
	}
	/* What Port hears depends on what it has published of the things before. */
	while (acting_hear(demo->acting, demo->story, now_ms))
		if (!publish_due(demo, now_ms, err))
			return false;
	return publish_due(demo, now_ms, err);
}

const struct story *demo_story(const struct demo *demo)
{
	return demo->story;
}

const char *demo_store(const struct demo *demo)
{
	return demo->store;
}

const char *demo_config(const struct demo *demo)
{
	return demo->config;
}

bool demo_command_start(const struct demo *demo, const struct text_list *arguments, int64_t now_ms,
	struct child *ret_child, struct error *err)
{
	char now[RFC3339_SIZE];
	struct text_pairs environment = { 0 };
	clock_format_utc(now_ms, now);
	text_pairs_set(&environment, "PORTLOG_CONFIG", demo->config);
	if (now_ms)
		text_pairs_set(&environment, "PORTLOG_NOW", now);
	if (demo->zone)
		text_pairs_set(&environment, "PORTLOG_TZ", demo->zone);
	const struct child_settings settings = { .arguments = arguments,
		.environment = &environment };
	bool ok = child_start(&settings, ret_child, err);
	text_pairs_clear(&environment);
	return ok;
}

bool demo_command(const struct demo *demo, const struct text_list *arguments, int64_t now_ms,
	int *ret_exit_status, struct error *err)
{
	struct child child;
	if (!demo_command_start(demo, arguments, now_ms, &child, err))
		return false;
	child_wait(&child);
	*ret_exit_status =
		WIFEXITED(child.status) ? WEXITSTATUS(child.status) : 128 + WTERMSIG(child.status);
	return true;
}

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/xalloc.h"
#include "demo/story.h"
#include "event/decode.h"

enum { COUNT = 1500 };
static const int64_t now_ms = 1795521600000; /* 2026-11-24T12:00:00Z, a Tuesday */

/* Everything that is published, as one hash. */
static struct hash hash_of(int64_t end_ms, size_t count)
{
	struct story *story = story_new(end_ms, count);
	struct story_message message;
	struct hash hash = { { 0 } };
	while (story_next(story, &message)) {
		char place[64];
		snprintf(place, sizeof(place), "%lld", (long long)message.timestamp_ms);
		const struct span parts[] = { span_make((const char *)hash.bytes, HASH_BYTES),
			span_of(message.topic), span_of(place), message.key, message.header.value,
			message.payload };
		sha256(parts, sizeof(parts) / sizeof(parts[0]), &hash);
	}
	story_free(story);
	return hash;
}

static void test_same_end_same_story(void **state)
{
	(void)state;
	struct hash first = hash_of(now_ms, COUNT);
	struct hash again = hash_of(now_ms, COUNT);
	struct hash later = hash_of(now_ms + 1, COUNT);
	assert_true(hash_equal(&first, &again));
	assert_false(hash_equal(&first, &later));
}

/* Whatever the hour and the day: as many as asked for, in order of time, none behind the end. */
static void test_counts_and_times(void **state)
{
	(void)state;
	static const size_t counts[] = { 500, 1500, 4321 };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (int64_t day = 0; day < 9; day++) {
			int64_t end_ms = now_ms + day * 31 * 3600000;
			struct story *story = story_new(end_ms, counts[i]);
			struct story_message message;
			int64_t last_ms = 0;
			size_t count = 0;
			for (; story_next(story, &message); count++) {
				assert_true(message.timestamp_ms > last_ms);
				last_ms = message.timestamp_ms;
			}
			assert_true(last_ms <= end_ms);
			assert_int_equal(count, counts[i]);
			story_free(story);
		}
}

/* However much happens at once, nothing is done to what is not there: the stage would end the test.
 */
static void test_busy(void **state)
{
	(void)state;
	enum { MANY = 60000 };
	struct story *story = story_new(now_ms, MANY);
	struct story_message message;
	size_t count = 0;
	while (story_next(story, &message))
		count++;
	assert_int_equal(count, MANY);
	story_free(story);
}

/* The latest state told of each entity: its name and the state's text. */
struct states {
	char **names;
	char **texts; /* NULL: deleted */
	size_t count;
};

static char **state_of(struct states *states, struct span blueprint, struct span entity)
{
	char *name = xasprintf("%.*s/%.*s", (int)blueprint.length, blueprint.data,
		(int)entity.length, entity.data);
	for (size_t i = 0; i < states->count; i++)
		if (strcmp(states->names[i], name) == 0) {
			free(name);
			return &states->texts[i];
		}
	states->names = xreallocarray(states->names, states->count + 1, sizeof(char *));
	states->texts = xreallocarray(states->texts, states->count + 1, sizeof(char *));
	states->names[states->count] = name;
	states->texts[states->count] = NULL;
	return &states->texts[states->count++];
}

static void states_release(struct states *states)
{
	for (size_t i = 0; i < states->count; i++) {
		free(states->names[i]);
		free(states->texts[i]);
	}
	free(states->names);
	free(states->texts);
}

static struct span text_at(const struct json_doc *doc, json_index at, const char *path)
{
	struct buf scratch = { 0 };
	struct span text = json_text(doc, json_path(doc, at, path), &scratch);
	assert_null(scratch.data); /* nothing in the story needs an escape here */
	return text;
}

/* What was before is what the last message said. */
static void follow(struct states *states, const struct json_doc *doc, json_index at)
{
	struct span blueprint = text_at(doc, at, ".context.blueprint");
	struct span entity = text_at(doc, at, ".context.entity");
	if (!blueprint.data) {
		blueprint = text_at(doc, at, ".context.blueprintIdentifier");
		entity = text_at(doc, at, ".context.entityIdentifier");
	}
	char **known = state_of(states, blueprint, entity);
	json_index before = json_path(doc, at, ".diff.before");
	json_index after = json_path(doc, at, ".diff.after");
	assert_span(
		json_is_nothing(doc, before) ? (struct span){ 0 } : json_raw(doc, before), *known);
	if (span_is(text_at(doc, at, ".status"), "FAILURE"))
		return;
	free(*known);
	*known = json_is_nothing(doc, after) ? NULL : span_dup(json_raw(doc, after));
}

static void test_before_is_what_was(void **state)
{
	(void)state;
	struct story *story = story_new(now_ms, COUNT);
	struct states states = { 0 };
	struct json_doc doc = { 0 };
	struct story_message message;
	size_t followed = 0;
	while (story_next(story, &message)) {
		assert_int_equal(
			json_scan(&doc, message.payload.data, message.payload.length), JSON_OK);
		json_index event = json_path(&doc, 0, ".event");
		json_index at = json_is_nothing(&doc, event) ? 0 : event;
		if (!span_is(text_at(&doc, at, ".resourceType"), "entity") ||
			json_is_nothing(&doc, json_path(&doc, at, ".diff")))
			continue;
		follow(&states, &doc, at);
		followed++;
	}
	assert_in_range(followed, COUNT / 2, COUNT);
	states_release(&states);
	json_doc_release(&doc);
	story_free(story);
}

/* As large as Port's messages are: mostly one to three kilobytes. */
static void test_sizes(void **state)
{
	(void)state;
	struct story *story = story_new(now_ms, COUNT);
	struct story_message message;
	size_t bytes = 0;
	while (story_next(story, &message)) {
		assert_in_range(message.payload.length, 200, 5000);
		bytes += message.payload.length;
	}
	assert_in_range(bytes / COUNT, 1000, 3000);
	story_free(story);
}

/* Something that must be told of at least once: what is given must fit. */
struct kind {
	const char *what;
	enum event_kind kind;
	const char *resource;
	const char *operation;
	const char *status;
	const char *action;
	int step;      /* 0: any */
	int run_kind;  /* 0: any */
	int signature; /* -1: any */
	size_t found;
};

static bool fits(struct span text, const char *wanted)
{
	return !wanted || span_is(text, wanted);
}

static void count_kinds(struct kind *kinds, size_t count, const struct event *event)
{
	for (size_t i = 0; i < count; i++) {
		struct kind *kind = &kinds[i];
		if (event->kind == kind->kind && fits(event->resource, kind->resource) &&
			fits(event->operation, kind->operation) &&
			fits(event->status, kind->status) && fits(event->action, kind->action) &&
			(!kind->step || (int)event->step == kind->step) &&
			(!kind->run_kind || (int)event->run_kind == kind->run_kind) &&
			(kind->signature < 0 || (int)event->signature == kind->signature))
			kind->found++;
	}
}

#define CHANGE(what, resource, operation, status)                                  \
	{                                                                          \
		what, EVENT_CHANGE, resource, operation, status, NULL, 0, 0, -1, 0 \
	}
#define RUN(what, action, status, step, run_kind, signature)                              \
	{                                                                                 \
		what, EVENT_RUN, NULL, NULL, status, action, step, run_kind, signature, 0 \
	}

/* Nothing in the story is beyond the decoder, and nothing that Port tells is left out of it. */
static void test_decodes(void **state)
{
	(void)state;
	struct kind kinds[] = {
		CHANGE("made", "entity", "CREATE", "SUCCESS"),
		CHANGE("changed", "entity", "UPDATE", "SUCCESS"),
		CHANGE("deleted", "entity", "DELETE", "SUCCESS"),
		CHANGE("refused", "entity", "UPDATE", "FAILURE"),
		CHANGE("timer", "entity", "TIMER_EXPIRED", NULL),
		CHANGE("blueprint", "blueprint", "CREATE", "SUCCESS"),
		RUN("oldest form", "scale_service", NULL, STEP_REQUESTED, RUN_ACTION,
			SIGNATURE_GOOD),
		RUN("agent's form", "deploy_service", NULL, STEP_REQUESTED, RUN_ACTION,
			SIGNATURE_GOOD),
		RUN("whole form", "scaffold_service", NULL, STEP_REQUESTED, RUN_ACTION,
			SIGNATURE_GOOD),
		RUN("automation", "page_on_call", NULL, STEP_REQUESTED, RUN_AUTOMATION,
			SIGNATURE_GOOD),
		RUN("waits", "create_environment", "WAITING_FOR_APPROVAL", 0, RUN_ACTION, -1),
		RUN("approved", "create_environment", NULL, STEP_APPROVED, RUN_ACTION, -1),
		RUN("declined", "grant_production_access", "FAILURE", STEP_DECLINED, RUN_ACTION,
			-1),
		RUN("well ended", "deploy_service", "SUCCESS", STEP_ENDED, RUN_ACTION, -1),
		RUN("badly ended", "deploy_service", "FAILURE", STEP_ENDED, RUN_ACTION, -1),
		RUN("forged", "restart_service", NULL, STEP_REQUESTED, RUN_ACTION, SIGNATURE_BAD),
	};
	enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };
	const struct decoder decoder = { .secret = STORY_SECRET };
	struct story *story = story_new(now_ms, COUNT);
	struct events events = { 0 };
	struct story_message message;
	while (story_next(story, &message)) {
		const struct record record = { .source = SOURCE_KAFKA,
			.topic = span_of(message.topic),
			.timestamp_ms = message.timestamp_ms,
			.timestamp_type = TIMESTAMP_CREATE,
			.key = message.key,
			.value = message.payload };
		decode_record(&decoder, &record, &events);
		assert_int_equal(events.problem, PROBLEM_NONE);
		assert_int_not_equal(events.count, 0);
		for (size_t i = 0; i < events.count; i++) {
			assert_true(events.items[i].has_time);
			count_kinds(kinds, KIND_COUNT, &events.items[i]);
		}
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].found == 0)
			fail_msg("nothing was %s", kinds[i].what);
	assert_int_equal(kinds[KIND_COUNT - 1].found, 1);
	events_release(&events);
	story_free(story);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_same_end_same_story),
		TEST(test_counts_and_times), TEST(test_busy), TEST(test_before_is_what_was),
		TEST(test_sizes), TEST(test_decodes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

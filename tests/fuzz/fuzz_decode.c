/* Decoding any bytes ends, leaves nothing of the message before, and points into the value alone.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "event/decode.h"
#include "event/words.h"

static void check_range(struct range range, struct span value)
{
	assert((size_t)range.start + range.length <= value.length);
}

/* Reads each byte, so that the sanitizer sees what is not there. */
static unsigned sum_of(struct span text)
{
	unsigned sum = (unsigned)text.length;
	for (size_t i = 0; i < text.length; i++)
		sum = sum * 31 + (unsigned char)text.data[i];
	return sum;
}

static unsigned check_event(const struct event *e, struct span value)
{
	const struct span texts[] = { e->operation, e->resource, e->status, e->origin, e->user.id,
		e->user.email, e->user.first_name, e->user.last_name, e->blueprint, e->entity,
		e->title, e->run_id, e->action, e->message, e->event_id, e->port_status,
		e->status_label, e->decided_by.id, e->decided_by.email, e->by.id, e->by.email,
		e->decision_reason, e->group, e->summary, e->external_run_id, e->detail };
	unsigned sum = 0;
	check_range(e->before, value);
	check_range(e->after, value);
	check_range(e->inputs, value);
	/* The store keeps it as a range. */
	assert(!e->link.data ||
		(e->link.data >= value.data && e->link.length > 0 &&
			e->link.data + e->link.length <= value.data + value.length));
	assert((e->before.length > 0) == (e->before_node != JSON_ABSENT));
	assert((e->after.length > 0) == (e->after_node != JSON_ABSENT));
	if (e->kind == EVENT_RUN)
		assert(e->run_id.length > 0 && run_kind_word(e->run_kind) &&
			e->step >= STEP_REQUESTED);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		sum = sum * 31 + sum_of(texts[i]);
	return sum;
}

static unsigned check_events(const struct events *events, struct span value)
{
	unsigned sum = (unsigned)events->problem;
	assert(events->problem == PROBLEM_NONE || events->count == 0);
	for (size_t i = 0; i < events->count; i++)
		sum = sum * 31 + check_event(&events->items[i], value);
	return sum;
}

static void check_words(const struct record *record, const struct events *events)
{
	struct buf words = { 0 };
	struct properties properties = { 0 };
	properties_collect(&properties, events);
	words_of_record(record, events, &properties, &words);
	properties_release(&properties);
	assert(words.length <= 2048);
	for (size_t i = 0; i < words.length; i++)
		assert(words.data[i] < 'A' || words.data[i] > 'Z' || (words.data[i] & 0x80));
	assert(words.length == 0 || (words.data[0] != ' ' && words.data[words.length - 1] != ' '));
	buf_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char before[] =
		"[{\"runId\":\"r_\\u0061\",\"entity\":\"\\u0062\"},{\"runId\":\"r_2\"}]";
	static struct path_map *paths; /* kept: to make it takes longer than all else here */
	struct error err;
	if (!paths)
		assert(path_map_new(span_of(NULL), NULL, &paths, &err));
	const struct decoder decoder = { .paths = paths, .secret = "secret" };
	struct record record = { .source = SOURCE_KAFKA, .value = span_of(before) };
	struct events used = { 0 };
	struct events fresh = { 0 };
	decode_record(&decoder, &record, &used);
	assert(used.count == 2);
	record.value = data ? span_make((const char *)data, size) : span_of("");
	decode_record(&decoder, &record, &used);
	decode_record(&decoder, &record, &fresh);
	assert(used.count == fresh.count);
	assert(check_events(&used, record.value) == check_events(&fresh, record.value));
	check_words(&record, &used);
	events_release(&used);
	events_release(&fresh);
	return 0;
}

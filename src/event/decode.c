/* Which shape a message has. Port's own data of an event ("carrier": trigger, context, diff) may be
 * the message itself (change.log, audit log), its member event (the data of an automation's
 * trigger), or lie in a payload; around it may be a run that asks to be executed. */
#include "event/decode.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "event/decode_part.h"
#include "event/signature.h"

/* Containers within containers in which messages are looked for. */
enum { LEVELS_MAX = 3 };

struct event *decoding_add(struct decoding *d, enum event_kind kind)
{
	struct events *events = d->events;
	if (events->count == events->capacity) {
		events->capacity = events->capacity > 0 ? events->capacity * 2 : 4;
		events->items =
			xreallocarray(events->items, events->capacity, sizeof(events->items[0]));
	}
	struct event *event = &events->items[events->count++];
	*event = (struct event){
		.kind = kind,
		.signature = d->signature,
		.before_node = JSON_ABSENT,
		.after_node = JSON_ABSENT,
	};
	return event;
}

void decoding_read(const struct decoding *d, enum path_view view, json_index viewed,
	json_index ret_values[FIELD_COUNT])
{
	path_map_read(d->paths, view, d->doc, d->message, viewed, ret_values);
}

/* An empty buffer of the events', whose text stays where it is. */
static struct buf *add_chunk(struct events *events)
{
	if (events->chunk_count == events->chunk_capacity) {
		size_t capacity = events->chunk_capacity > 0 ? events->chunk_capacity * 2 : 8;
		events->chunks = xreallocarray(events->chunks, capacity, sizeof(events->chunks[0]));
		for (size_t i = events->chunk_capacity; i < capacity; i++)
			events->chunks[i] = (struct buf){ 0 };
		events->chunk_capacity = capacity;
	}
	struct buf *chunk = &events->chunks[events->chunk_count++];
	buf_clear(chunk);
	return chunk;
}

struct span decoding_text(struct decoding *d, json_index at)
{
	if (at >= d->doc->count)
		return span_of(NULL);
	const struct json_node *node = &d->doc->nodes[at];
	if (node->kind == JSON_KIND_NUMBER)
		return json_raw(d->doc, at);
	if (node->kind != JSON_KIND_STRING)
		return span_of(NULL);
	return json_text(d->doc, at, node->escaped ? add_chunk(d->events) : NULL);
}

/* 13 digits: what JavaScript's Date.now() gives from 2001 to 2286. */
static bool milliseconds_of(struct span digits, int64_t *ret_ms)
{
	int64_t ms = 0;
	if (digits.length != 13)
		return false;
	for (size_t i = 0; i < digits.length; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		ms = ms * 10 + (digits.data[i] - '0');
	}
	*ret_ms = ms;
	return true;
}

bool decoding_time(struct decoding *d, json_index at, int64_t *ret_ms)
{
	struct span text = decoding_text(d, at);
	if (!text.data)
		return false;
	return clock_parse_rfc3339(text, ret_ms) || milliseconds_of(text, ret_ms);
}

struct range decoding_range(const struct decoding *d, json_index at)
{
	if (json_is_nothing(d->doc, at))
		return (struct range){ 0 };
	return (struct range){ d->doc->nodes[at].start, d->doc->nodes[at].length };
}

struct span decoding_json(const struct decoding *d, json_index at)
{
	return json_is_nothing(d->doc, at) ? (struct span){ 0 } : json_raw(d->doc, at);
}

json_index decoding_member(const struct decoding *d, json_index at, const char *name)
{
	return json_member(d->doc, at, span_of(name));
}

struct identity decoding_identity(struct decoding *d, const json_index values[FIELD_COUNT])
{
	return (struct identity){
		.id = decoding_text(d, values[FIELD_USER_ID]),
		.email = decoding_text(d, values[FIELD_EMAIL]),
		.first_name = decoding_text(d, values[FIELD_FIRST_NAME]),
		.last_name = decoding_text(d, values[FIELD_LAST_NAME]),
		.port = values[FIELD_BY_PORT] != JSON_ABSENT,
	};
}

static bool is_word(const struct decoding *d, json_index at)
{
	return at != JSON_ABSENT && json_kind_of(d->doc, at) == JSON_KIND_STRING;
}

/* Port's comparison. A member called diff may also be a user's own. */
static bool has_diff(struct decoding *d, json_index at)
{
	json_index diff = decoding_member(d, at, "diff");
	return decoding_member(d, diff, "before") != JSON_ABSENT ||
	       decoding_member(d, diff, "after") != JSON_ABSENT;
}

static bool is_resource_of_port(struct span resource)
{
	static const char *const names[] = { "action", "automation", "blueprint", "entity",
		"integration", "organization", "page", "scorecard", "secret", "team", "user",
		"webhook", "workflow" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(resource, names[i]))
			return true;
	return run_resource_is_one(resource);
}

/* Something that happened, told without a diff: timers, refused changes, rows of the audit log. It
 * has Port's words where a request has those that its action's author chose, or says how it ended;
 * and nothing to be worked on. */
static bool is_told(struct decoding *d, json_index at)
{
	if (!operation_is_verb(decoding_text(d, decoding_member(d, at, "action"))) ||
		decoding_member(d, at, "payload") != JSON_ABSENT)
		return false;
	struct span resource = decoding_text(d, decoding_member(d, at, "resourceType"));
	struct span status = decoding_text(d, decoding_member(d, at, "status"));
	return is_resource_of_port(resource) ||
	       (resource.data && (span_is(status, "SUCCESS") || span_is(status, "FAILURE")));
}

static bool is_carrier(struct decoding *d, json_index at)
{
	return has_diff(d, at) || is_told(d, at);
}

/* A run's diff names the run; where Port gives the resource another name it is known by its id. */
static bool is_about_run(struct decoding *d, json_index carrier)
{
	if (run_resource_is_one(decoding_text(d, decoding_member(d, carrier, "resourceType"))))
		return true;
	json_index diff = decoding_member(d, carrier, "diff");
	json_index after = decoding_member(d, diff, "after");
	return run_id_is_one(decoding_text(d, decoding_member(d, after, "id"))) &&
	       is_word(d, decoding_member(d, after, "status"));
}

static void decode_carrier(struct decoding *d, json_index carrier)
{
	if (!is_about_run(d, carrier) || !decode_run_update(d, carrier))
		decode_change(d, carrier);
}

static void decode_message(struct decoding *d, json_index at, int level);

/* What lies in a payload counts only where it is Port's own data; the rest is the user's. */
static void decode_payload(struct decoding *d, json_index at, bool run_found, int level)
{
	if (level > LEVELS_MAX)
		return;
	if (json_kind_of(d->doc, at) == JSON_KIND_ARRAY) {
		for (json_index i = json_first(d->doc, at); i != JSON_ABSENT;
			i = json_next(d->doc, at, i))
			decode_payload(d, i, run_found, level + 1);
		return;
	}
	json_index event = decoding_member(d, at, "event");
	if (is_carrier(d, event)) {
		if (!run_found)
			decode_request(d, at, true);
		decode_carrier(d, event);
	} else if (is_carrier(d, at)) {
		decode_carrier(d, at);
	}
}

/* A message without a run may still tell of a change: its members say so, or the configuration
 * names where a change is, in whatever shape. */
static void decode_unknown(struct decoding *d, json_index at)
{
	json_index values[FIELD_COUNT];
	bool named = is_word(d, decoding_member(d, at, "action")) &&
		     is_word(d, decoding_member(d, at, "resourceType"));
	decoding_read(d, VIEW_CHANGE, at, values);
	if (named || !json_is_nothing(d->doc, values[FIELD_BEFORE]) ||
		!json_is_nothing(d->doc, values[FIELD_AFTER]))
		decode_change(d, at);
}

/* What Port itself says of a run decides before members that users may name as they like. */
static void decode_object(struct decoding *d, json_index at, int level)
{
	static const char *const wrappers[] = { "payload", "data", "body", "message" };
	json_index event = decoding_member(d, at, "event");
	if (is_carrier(d, event)) {
		decode_request(d, at, true);
		decode_carrier(d, event);
		return;
	}
	bool asks = request_is_one(d, at);
	if (!asks && is_carrier(d, at)) {
		decode_carrier(d, at);
		return;
	}
	/* An automation may have spread its event over its payload. */
	bool spread = asks && has_diff(d, at) && is_told(d, at);
	bool run_found = decode_run_itself(d, at) || decode_request(d, at, spread);
	if (spread)
		decode_carrier(d, at);
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
		decode_payload(d, decoding_member(d, at, wrappers[i]), run_found, level + 1);
	if (d->events->count == 0)
		decode_unknown(d, at);
}

static void decode_message(struct decoding *d, json_index at, int level)
{
	if (json_kind_of(d->doc, at) == JSON_KIND_OBJECT) {
		d->message = at;
		decode_object(d, at, level);
	} else if (json_kind_of(d->doc, at) == JSON_KIND_ARRAY && level < LEVELS_MAX) {
		for (json_index i = json_first(d->doc, at); i != JSON_ABSENT;
			i = json_next(d->doc, at, i))
			decode_message(d, i, level + 1);
	}
}

static enum record_problem scan_value(const struct record *record, struct events *events)
{
	if (!record->value.data)
		return PROBLEM_TOMBSTONE;
	switch (json_scan(&events->doc, record->value.data, record->value.length)) {
	case JSON_OK:
		return PROBLEM_NONE;
	case JSON_EMPTY:
		return PROBLEM_EMPTY;
	case JSON_NOT_UTF8:
		return PROBLEM_NOT_UTF8;
	case JSON_TOO_DEEP:
		return PROBLEM_TOO_DEEP;
	case JSON_MALFORMED:
		break;
	}
	return PROBLEM_NOT_JSON;
}

static const struct path_map *shipped_paths(struct events *events)
{
	struct error err = { 0 };
	if (!events->shipped_paths)
		path_map_new(span_of(NULL), NULL, &events->shipped_paths, &err);
	return events->shipped_paths;
}

void decode_record(
	const struct decoder *decoder, const struct record *record, struct events *events)
{
	events->count = 0;
	events->chunk_count = 0;
	events->doc.count = 0;
	events->problem = scan_value(record, events);
	/* What portlog itself wrote is read by who wrote it. */
	if (events->problem != PROBLEM_NONE || record->source == SOURCE_LOCAL)
		return;
	struct decoding d = {
		.paths = decoder->paths ? decoder->paths : shipped_paths(events),
		.record = record,
		.events = events,
		.doc = &events->doc,
		.signature = signature_check(
			&events->doc, record->value, decoder->secret, decoder->former),
	};
	decode_message(&d, 0, 0);
	if (events->count == 0)
		events->problem = PROBLEM_UNKNOWN_SHAPE;
}

/* What the parts of the decoder share; nobody else includes it. */
#ifndef PORTLOG_EVENT_DECODE_PART_H
#define PORTLOG_EVENT_DECODE_PART_H

#include "event/decode.h"
#include "event/path_map.h"

/* One message on its way to being events. */
struct decoding {
	const struct path_map *paths;
	const struct record *record;
	struct events *events;
	const struct json_doc *doc;
	json_index message; /* the whole value, or the element of it that is a message */
	enum signature_status signature;
};

/* Valid until the next one is added. */
struct event *decoding_add(struct decoding *d, enum event_kind kind);
void decoding_read(const struct decoding *d, enum path_view view, json_index viewed,
	json_index ret_values[FIELD_COUNT]);
/* A string, or a number as it stands there; absent where it is neither. */
struct span decoding_text(struct decoding *d, json_index at);
/* RFC 3339, or milliseconds since 1970 as a whole number. */
bool decoding_time(struct decoding *d, json_index at, int64_t *ret_ms);
/* null counts as absent. */
struct range decoding_range(const struct decoding *d, json_index at);
/* The same as text. */
struct span decoding_json(const struct decoding *d, json_index at);
/* A member of an object that stands there for sure in few messages only. */
json_index decoding_member(const struct decoding *d, json_index at, const char *name);
struct identity decoding_identity(struct decoding *d, const json_index values[FIELD_COUNT]);

/* "run", and whatever Port may call a workflow's ("workflowRun", "workflow_node_run"). */
bool run_resource_is_one(struct span resource);
/* What Port says was done to a resource, and not the identifier of an action, which may well be
 * "create" but is rarely in capitals. */
bool operation_is_verb(struct span operation);
/* The object is an order of Port's (payload.action), or has a run id in a place where only requests
 * have one. */
bool request_is_one(struct decoding *d, json_index at);

/* A request for a run, if the object names a run; carries_event: it is the data of a trigger. Of an
 * automation that does nothing but carry it here, it requests nothing. */
bool decode_request(struct decoding *d, json_index at, bool carries_event);
/* An event of Port's about a run: its diff compared. carrier holds trigger, context and diff. */
bool decode_run_update(struct decoding *d, json_index carrier);
/* A run as it is, told by nothing but itself. */
bool decode_run_itself(struct decoding *d, json_index at);
/* An event of Port's about anything else. */
void decode_change(struct decoding *d, json_index carrier);

#endif

/* Where in a message each field may be found: an ordered list of paths per field, shipped for all
 * known variants and extended by the configuration's "fields" (which come first). */
#ifndef PORTLOG_EVENT_PATH_MAP_H
#define PORTLOG_EVENT_PATH_MAP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json_scan.h"

struct path_map;

/* What a message may tell; each has a row in path_map.c. */
enum field {
	FIELD_RUN_ID,
	FIELD_ACTION,
	FIELD_OPERATION,
	FIELD_RESOURCE,
	FIELD_BLUEPRINT,
	FIELD_ENTITY,
	FIELD_TITLE,
	FIELD_USER_ID,
	FIELD_EMAIL,
	FIELD_FIRST_NAME,
	FIELD_LAST_NAME,
	FIELD_ORIGIN,
	FIELD_TIME,
	FIELD_STATUS,
	FIELD_STATUS_LABEL,
	FIELD_MESSAGE,
	FIELD_EVENT_ID,
	FIELD_BEFORE,
	FIELD_AFTER,
	FIELD_INPUTS,
	FIELD_LINK,
	FIELD_SUMMARY,
	FIELD_EXTERNAL_RUN_ID,
	FIELD_ENDED,
	/* Of no use by themselves, so not for the configuration. */
	FIELD_PORT_RUN_ID, /* where a run id may be, if it looks like one */
	FIELD_BY_PORT,
	FIELD_RESULT,
	FIELD_CREATED,
	FIELD_TRIGGER_TYPE,
	FIELD_APPROVER,
	FIELD_APPROVER_EMAIL,
	FIELD_APPROVAL_STATE,
	FIELD_APPROVAL_TEXT,
	FIELD_GROUP,
	FIELD_COUNT
};

/* What the paths start at, and what is looked for. */
enum path_view {
	VIEW_REQUEST, /* a message that asks for a run */
	VIEW_CHANGE,  /* something with a diff, or an action on a resource */
	VIEW_RUN,     /* a run as Port describes it (diff.after of a run's update) */
	VIEW_COUNT
};

struct text_list;

/* fields: the JSON text of the configuration's "fields" member ({"entity": [".context.entity", …]},
 * a single string counts as a list of one); absent: the shipped paths alone. feeders: the actions
 * whose runs only carry events to portlog, with '*' and '?' as wildcards; NULL or empty: those
 * that portlog's examples have always been called. */
bool path_map_new(struct span fields, const struct text_list *feeders, struct path_map **ret_map,
	struct error *err);
void path_map_free(struct path_map *map);
/* A text that is equal for equal maps: part of the projections' fingerprint. */
const char *path_map_fingerprint(const struct path_map *map);

bool path_map_is_feeder(const struct path_map *map, struct span action);

/* The value of each field: the first of its paths that leads to a value of the field's type. The
 * configuration's paths start at the message, the shipped ones at what is viewed in it. */
void path_map_read(const struct path_map *map, enum path_view view, const struct json_doc *doc,
	json_index message, json_index viewed, json_index ret_values[FIELD_COUNT]);

#endif

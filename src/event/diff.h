/* Which properties of an entity changed. Objects are compared member by member, arrays as wholes,
 * values as RFC 6902, 4.6 has it; updatedAt, updatedBy, createdAt and createdBy are left out. */
#ifndef PORTLOG_EVENT_DIFF_H
#define PORTLOG_EVENT_DIFF_H

#include "base/buf.h"
#include "base/json_scan.h"

struct property_change {
	struct span
		path; /* properties.replicas, relations.env, properties."a.b"; valid for the call */
	struct span old_value; /* exact JSON text; absent: was not there */
	struct span new_value;
};

typedef void diff_found(void *data, const struct property_change *change);

/* Objects lower than this, or below a path longer than that, are compared as wholes: no message can
 * make paths whose total length is out of proportion to its own. */
enum { DIFF_LEVELS_MAX = 32, DIFF_PATH_MAX = 1024 };

/* Calls found for each property that differs, in the order of the after state, then what is gone.
 * Either side may be JSON_ABSENT (created, deleted); a side that is no object has no properties. */
void diff_states(const struct json_doc *before, json_index before_at, const struct json_doc *after,
	json_index after_at, diff_found *found, void *data);

#endif

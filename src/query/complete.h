/* Names that begin with what somebody has typed, for the completion of shells. Each is found by an
 * index, or among the newest rows, so that it does not matter how large the store is. */
#ifndef PORTLOG_QUERY_COMPLETE_H
#define PORTLOG_QUERY_COMPLETE_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/error.h"

enum complete_kind {
	COMPLETE_BLUEPRINT,
	COMPLETE_ENTITY,    /* identifiers, whatever the blueprint */
	COMPLETE_ENTITY_OF, /* identifiers in one blueprint, the newest first where all fit */
	COMPLETE_USER,
	COMPLETE_RUN, /* newest first */
	COMPLETE_ACTION,
	COMPLETE_PROPERTY, /* also without properties. and relations. */
	COMPLETE_TOPIC,
	COMPLETE_OPERATION, /* this and the next three: as the newest changes and runs have them */
	COMPLETE_STATUS,
	COMPLETE_ORIGIN,
	COMPLETE_RESOURCE,
	COMPLETE_RULE,
	COMPLETE_EXECUTION, /* numbers, newest first */
};

/* note: what it is, may be absent. Both are as they were received. */
typedef void complete_found(void *data, struct span name, struct span note);

/* Calls found with at most COMPLETE_MOST names that begin with prefix; where there are more, also
 * with the first and the last of them, so that what is common to these is common to all. blueprint:
 * of COMPLETE_ENTITY_OF. Gives up after a quarter of a second, with what there is. */
enum { COMPLETE_MOST = 50 };
bool complete_names(sqlite3 *database, enum complete_kind kind, struct span prefix,
	struct span blueprint, complete_found *found, void *data, struct error *err);

#endif

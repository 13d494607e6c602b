/* What is derived from the journal: the list of projections. Each has a file of its own, reads only
 * its own tables and the record, and is applied to each record, once, in order of seq. */
#ifndef PORTLOG_STORE_PROJECTIONS_H
#define PORTLOG_STORE_PROJECTIONS_H

#include "store/counters.h"
#include "store/intern.h"
#include "store/prepare.h"
#include "store/spans.h"
#include "store/stmt.h"
#include "store/streams.h"
#include "store/users.h"

struct projecting {
	struct connection *connection;
	struct intern *intern;
	struct users *users;
	struct streams *streams;
	struct counters *counters;
	struct spans *spans;
};

struct projection {
	const char *name;
	const char *const *tables; /* what reindex empties; ended by NULL */
	bool (*apply)(struct projecting *p, const struct prepared *r, struct error *err);
};

extern const struct projection change_projection;
extern const struct projection counter_projection;
extern const struct projection span_projection;
extern const struct projection property_projection;
extern const struct projection entity_projection;
extern const struct projection run_projection;
extern const struct projection search_projection;
extern const struct projection gap_projection;
extern const struct projection floor_projection;
extern const struct projection import_projection;
extern const struct projection execution_projection;
extern const struct projection report_projection;

#define PROJECTIONS(X)          \
	X(change_projection)    \
	X(counter_projection)   \
	X(span_projection)      \
	X(property_projection)  \
	X(entity_projection)    \
	X(run_projection)       \
	X(search_projection)    \
	X(gap_projection)       \
	X(floor_projection)     \
	X(import_projection)    \
	X(execution_projection) \
	X(report_projection)

/* Applies all of them to the record. */
bool projections_apply(struct projecting *p, const struct prepared *r, struct error *err);

/* Raise it when a projection gives other rows for the same events. */
enum { PROJECTIONS_VERSION = 6 };

/* What the event says, else Kafka's timestamp, which may be any number, else when it was received.
 */
int64_t projected_time(const struct record *record, const struct event *event);
/* The ids of an event's names, as the tables want them. Its people are seen at the record's time;
 * record may be NULL where it has none. */
struct projected_names {
	int64_t operation, resource, status, origin, action, blueprint, entity, run, user, by,
		decided_by;
};
bool projected_names(struct projecting *p, const struct record *record, const struct event *event,
	struct projected_names *ret_names, struct error *err);

#endif

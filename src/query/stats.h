/* How much there was of what: changes and runs, counted by who, what or when.
 *
 * Times and the columns of change_counter are answered from it, apart from the ends of a range that
 * are no whole quarters of an hour; every other question, and runs, from the tables. Either way
 * gives the same numbers. */
#ifndef PORTLOG_QUERY_STATS_H
#define PORTLOG_QUERY_STATS_H

#include <sqlite3.h>

#include "query/filter.h"
#include "query/tally.h"

enum stats_by {
	STATS_BY_NOTHING, /* the overview */
	STATS_BY_USER,
	STATS_BY_BLUEPRINT,
	STATS_BY_ACTION,
	STATS_BY_ENTITY,
	STATS_BY_ORIGIN,
	STATS_BY_STATUS,
	STATS_BY_HOUR,    /* from here on a key is no id: the hour of the day */
	STATS_BY_DAY,     /* days since 1970-01-01 in the process's zone */
	STATS_BY_WEEKDAY, /* Monday is 0 */
	STATS_BY_TIME,    /* every hour there was, as time_hour() has it; for drawing */
};

struct stats_request {
	const struct filter_settings *filter;
	enum stats_by by;
	int64_t limit;    /* groups: those with the most, or the newest days; -1: all */
	bool reverse;     /* the other way round */
	bool some_only;   /* leave out what has no name: nobody, no entity */
	bool counts_only; /* of runs only how many there were */
};

/* A group and what it is called; both may be NULL (nobody, none). */
struct stats_name {
	char *name; /* of an entity: its identifier */
	char *more; /* of an entity: its blueprint; of a user: the id */
};

/* Starts as { 0 }. */
struct stats {
	struct tallies groups;    /* as many as the request wants, in their order */
	struct stats_name *names; /* of each */
	size_t group_count;       /* however many were wanted */
	struct tally total;       /* STATS_BY_TIME alone; the durations are only here */
	bool has_runs;            /* false where a filter is for something that runs have not */
};

bool stats_read(sqlite3 *database, const struct stats_request *request, struct stats *ret_stats,
	struct error *err);
void stats_release(struct stats *stats);

#endif

/* What there was, at a glance: all of it, when, and who and what was busiest. */
#ifndef PORTLOG_QUERY_OVERVIEW_H
#define PORTLOG_QUERY_OVERVIEW_H

#include "query/stats.h"

struct overview {
	const struct filter_settings *filter; /* borrowed */
	struct stats times;                   /* STATS_BY_TIME, oldest first */
	struct stats people;                  /* the busiest, machines and nobody among them */
	struct stats entities;
};

/* busiest: how many of each. */
bool overview_read(sqlite3 *database, const struct filter_settings *filter, int64_t busiest,
	struct overview *ret_overview, struct error *err);
void overview_release(struct overview *overview);

/* Changes and runs of the week by weekday (Monday first) and hour. */
void overview_week(const struct overview *overview, int64_t ret_week[7][24]);

/* Changes and runs of `count` days up to and with `last` (days since 1970-01-01). */
void overview_days(const struct overview *overview, int64_t last, size_t count, int64_t *ret_days);

/* The first and the last day with anything in it; false where there is none. */
bool overview_range(const struct overview *overview, int64_t *ret_first, int64_t *ret_last);

#endif

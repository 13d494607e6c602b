/* Which records of a window may fit, by indexes and full text alone. Each condition that they know
 * gives a set of seqs; what is in all of the sets is left, before any row is looked at: reading an
 * index takes a tenth of what looking at its rows takes, full text less still. */
#ifndef PORTLOG_QUERY_WITHIN_H
#define PORTLOG_QUERY_WITHIN_H

#include "query/condition.h"
#include "query/plan.h"

/* An index or full text knows in which records of a window the condition may be met. */
bool within_knows(const struct condition *condition);

/* The window of a plan by segments, as plan_window() has it. Sets the plan's seqs, or, where so
 * many may fit that walking by time meets few others, that it is sorted; and its hits. */
bool within_find(sqlite3 *database, struct plan *plan, int64_t newest_ms, size_t wanted,
	size_t *size, struct window *ret_window, struct error *err);

#endif

/* Which records of a window may fit, by indexes and full text alone. Each condition that they know
 * gives a set of seqs; what is in all of the sets is left, before any row is looked at: reading an
 * index takes a tenth of what looking at its rows takes, full text less still. */
#ifndef PORTLOG_QUERY_WITHIN_H
#define PORTLOG_QUERY_WITHIN_H

#include "query/condition.h"

/* An index or full text knows in which records of a window the condition may be met. */
bool within_knows(const struct condition *condition);

enum within {
	WITHIN_SEQS,  /* rows that fit are in those records alone */
	WITHIN_DENSE, /* so many may fit that walking by time meets few others */
};

/* conditions: all of a plan's, with ids and words. seqs starts as { 0 }, and is in order. */
bool within_find(sqlite3 *database, const struct condition *conditions, size_t count,
	const struct window *window, struct ids *seqs, enum within *ret_within, struct error *err);

#endif

/* When there was something that fits: change_counter knows in which quarters of an hour there were
 * changes of some status, operation, origin and resource, and of any other. */
#ifndef PORTLOG_QUERY_QUARTERS_H
#define PORTLOG_QUERY_QUARTERS_H

#include "query/plan.h"

/* Some condition of the plan is of what is counted. */
bool quarters_know(const struct plan *plan);
/* The newest quarters, so many, in which there were changes that may fit and are not newer than
 * newest_ms. */
bool quarters_find(sqlite3 *database, const struct plan *plan, int64_t newest_ms, size_t most,
	struct window *ret_window, struct error *err);
/* They are nearly all that there are: a walk meets the same rows. */
bool quarters_are_dense(const struct window *window);

#endif

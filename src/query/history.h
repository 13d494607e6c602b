/* The changes of one entity that took place, by (time, seq, idx), from a time on: towards the past
 * or towards the future. Keys are found by the index alone and read in pages that grow, so that one
 * step costs little and the whole way costs no more than it must. */
#ifndef PORTLOG_QUERY_HISTORY_H
#define PORTLOG_QUERY_HISTORY_H

#include "query/change.h"

struct history;

/* forward: those after at_ms, oldest first; else those until and at it, newest first. Texts of the
 * changes are kept in the arena. */
void history_open(sqlite3 *database, int64_t entity, int64_t at_ms, bool forward,
	struct arena *texts, struct history **ret_history);
void history_free(struct history *history);

/* ret_found: false at the end. */
bool history_next(
	struct history *history, struct change *ret_change, bool *ret_found, struct error *err);

#endif

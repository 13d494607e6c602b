/* An entity as it was at a time, and how sure that is. */
#ifndef PORTLOG_QUERY_STATE_H
#define PORTLOG_QUERY_STATE_H

#include "query/change.h"

enum certainty {
	CERTAINTY_UNKNOWN,  /* nothing here tells */
	CERTAINTY_PROVEN,   /* a change that was recorded gave it */
	CERTAINTY_INFERRED, /* what the next change found there */
};
const char *certainty_word(enum certainty certainty);

/* Starts as { 0 }. */
struct state {
	enum certainty certainty;
	bool exists;          /* else it was deleted, or not yet made; only where it is known */
	bool has_change;      /* there is a change that tells */
	struct change change; /* the one that gave it, or (inferred) the next one; where nothing
				 is known the first there is */
	struct state_text text;
};

/* At a time: with all that happened until then and in that very millisecond. INT64_MAX: now.
 * The change's texts are in the arena. */
bool state_at(sqlite3 *database, int64_t entity, int64_t at_ms, struct arena *texts,
	struct state *state, struct error *err);
void state_release(struct state *state);

#endif

/* --search for the rows of a page at once: the full text index tells which of their records have
 * the words. Row by row, each question costs as much as one about thousands of records. */
#ifndef PORTLOG_QUERY_HITS_H
#define PORTLOG_QUERY_HITS_H

#include "query/plan.h"

struct found {
	struct key key;
	uint64_t hits;     /* of --search: a bit for each text with a phrase, else one for all */
	uint64_t not_hits; /* of --not-search */
};

/* Fills in the hits of the rows of this kind. */
bool hits_mark(sqlite3 *database, const struct plan *plan, int kind, struct found *found,
	size_t count, struct error *err);

#endif

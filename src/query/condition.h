/* A filter of a plan with what its values were resolved to, as SQL. */
#ifndef PORTLOG_QUERY_CONDITION_H
#define PORTLOG_QUERY_CONDITION_H

#include "query/resolve.h"
#include "query/statement.h"
#include "query/view.h"
#include "query/windows.h"

struct condition {
	const struct view_filter *filter;
	bool negative;
	bool searches; /* what it finds has what --search asks for */
	bool found;    /* ids are the seqs of the rows that it finds */
	struct ids ids;
	struct buf words; /* for MATCH: NAME_WORDS, or the facets of the ids; else empty */
};

void condition_release(struct condition *condition);

/* There is an index, and it knows the values. */
bool condition_can_drive(const struct condition *condition);
/* Adds what finds the rows, and maybe others. */
void condition_add_drive(const struct condition *condition, struct sql_text *sql);
/* SELECT of the seqs, in no order, of what an index or full text finds in the window, and maybe of
 * some between its ranges. */
void condition_add_within(
	const struct condition *condition, const struct window *window, struct sql_text *sql);
/* Adds what finds the rows of these records, of a view that has `together`. */
void condition_add_seqs(const struct view *view, const struct ids *seqs, struct sql_text *sql);
/* Adds the test of one row; false where there is none to be made. */
bool condition_add_test(const struct condition *condition, struct sql_text *sql);

/* How many rows its index finds; stops at most. What full text found is kept, if it can be, for
 * asking it again costs as much. */
bool condition_count(sqlite3 *database, struct condition *condition, bool keep, int64_t most,
	int64_t *ret_count, struct error *err);

#endif

/* A listing: rows of a view, filtered, in order, as many as are wanted. Rows are read in small
 * pages by key, so that memory stays flat and no transaction is open while the caller writes to a
 * pager or waits. */
#ifndef PORTLOG_QUERY_QUERY_H
#define PORTLOG_QUERY_QUERY_H

#include <sqlite3.h>

#include "query/plan.h"

struct query_settings {
	const struct view *view;
	const struct filter_settings *filter;
	const struct field_list *fields;
	int64_t limit; /* -1: none */
	bool reverse;  /* the other way round: the rows that would be shown first come last */
	struct option_number after;  /* feed: by seq, oldest first */
	struct option_number before; /* with a limit and without `after`: the last ones before it */
	bool feed;                   /* also without after and before */
};

struct query;

/* What settings points to must outlive the query. ERROR_USAGE where the view has no field for a
 * filter. */
bool query_open(sqlite3 *database, const struct query_settings *settings, struct query **ret_query,
	struct error *err);
void query_close(struct query *query);

/* ret_row: NULL at the end. A feed that came to its end may be asked again and gives what has been
 * recorded since. A limit ends behind the last row of a record in a feed, so that the next page may
 * begin after its seq. */
bool query_next(struct query *query, const struct row **ret_row, struct error *err);
/* The next row is here already: query_next will not read, so nobody waits. */
bool query_is_ready(const struct query *query);
/* Of the row that query_next gave last. */
struct key query_key(const struct query *query);
/* How many rows the filters let through, at most the limit; nothing is fetched. */
bool query_count(struct query *query, int64_t *ret_count, struct error *err);

/* Filter values that name nothing in the store, with what was probably meant, one sentence each;
 * appended to out. */
bool query_hints(struct query *query, struct buf *out, struct error *err);

/* Where no row can fit, whatever is asked for, because the view has none: one sentence that says
 * so; appended to out. */
bool query_nothing(sqlite3 *database, const struct view *view, struct buf *out, struct error *err);

/* The newest record; 0 in an empty store. */
bool query_last_seq(sqlite3 *database, int64_t *ret_seq, struct error *err);

/* The last record up to `most` that both stores have, with all before it; 0: none. */
bool query_common_seq(
	sqlite3 *one, sqlite3 *other, int64_t most, int64_t *ret_seq, struct error *err);

#endif

/* How the keys of a listing's rows are found: by the one index that finds the fewest, or, where
 * many rows fit, by walking in the order they are shown in. Every other filter is a test. */
#ifndef PORTLOG_QUERY_PLAN_H
#define PORTLOG_QUERY_PLAN_H

#include "query/resolve.h"
#include "query/statement.h"
#include "query/view.h"

/* What a row is known and sorted by. */
struct key {
	int64_t time_ms;
	int64_t seq;
	int64_t part;
};

struct condition;

/* Starts as { 0 }. */
struct plan {
	const struct view *view;
	struct condition *conditions;
	size_t count;
	const struct condition *driver; /* NULL: walk */
	bool sorted; /* the rows come in the order of the listing by themselves */
	bool empty;  /* a filter names nothing that is there */
	bool by_seq; /* the order is that of arrival */
	struct option_time since;
	struct option_time until;
	struct option_number after;
	struct option_number before;
	struct text_list missing; /* values that name nothing, "blueprint", "servce", … in pairs */
	const struct text_list *phrases; /* --search to be checked in the message; NULL: none */
	const struct text_list *not_phrases;
};

struct plan_request {
	const struct view *view;
	const struct filter_settings *filter;
	struct option_number after;
	struct option_number before;
	int64_t limit; /* -1: none */
	bool by_seq;
};

/* ERROR_USAGE where the view has no field for a filter. request's filter must outlive the plan. */
bool plan_make(sqlite3 *database, const struct plan_request *request, struct plan *plan,
	struct error *err);
void plan_release(struct plan *plan);

/* SELECT time, seq, part, hits, not_hits of the rows behind `from` (NULL: of all). hits has a bit
 * for each text of phrases, not_hits of not_phrases, whose words the index finds in the row. */
void plan_keys(const struct plan *plan, bool descending, const struct key *from, int64_t limit,
	struct sql_text *sql);
/* SELECT columns of all of them, in no order. Not for plans with phrases. */
void plan_rows(const struct plan *plan, const char *columns, struct sql_text *sql);
/* SELECT count(*). */
void plan_count(const struct plan *plan, struct sql_text *sql);

#endif

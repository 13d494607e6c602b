/* How the keys of a listing's rows are found: in windows, by what all indexes know of them, by the
 * one index that finds the fewest, or, where many rows fit, by walking in the order they are shown
 * in. Every other filter is a test. */
#ifndef PORTLOG_QUERY_PLAN_H
#define PORTLOG_QUERY_PLAN_H

#include "query/resolve.h"
#include "query/statement.h"
#include "query/view.h"
#include "query/windows.h"

/* What a row is known and sorted by. */
struct key {
	int64_t time_ms;
	int64_t seq;
	int kind; /* which of the views that are mixed */
	int64_t part;
};

struct condition;

/* --search, or its twin. */
struct plan_search {
	const struct text_list *texts; /* NULL: not asked for */
	bool phrases;                  /* one of them has a phrase, to be checked in the message */
};

enum plan_windows {
	PLAN_WHOLE,    /* no windows */
	PLAN_SEGMENTS, /* of the journal, by what indexes and full text know of them */
	PLAN_QUARTERS, /* of an hour: a walk through those in which something may fit */
};
enum { PLAN_WINDOW_QUARTERS = 16 }; /* in a window of the size 1 */

/* Starts as { 0 }. */
struct plan {
	const struct view *view;
	const struct view *asked;
	struct condition *conditions;
	size_t count;
	const struct condition *driver; /* NULL: walk */
	bool sorted;                /* the rows come in the order of the listing by themselves */
	struct condition *fallback; /* NULL: none; what drives when a walk takes too long */
	int64_t fallback_count;     /* how many rows it finds, or more */
	/* The newest rows are looked for window by window. */
	enum plan_windows windowed;
	struct windows windows; /* PLAN_SEGMENTS */
	struct ids seqs;        /* the same: those of the window that may fit, unless sorted: */
	size_t hits;            /* how many may, then so many that the window is walked through */
	struct window quarters; /* PLAN_QUARTERS: the first of them, until it was taken */
	int64_t limit;
	bool empty;          /* a filter names nothing that is there */
	bool all;            /* also what the view does not list unasked */
	bool by_seq;         /* the order is that of arrival */
	const char *seq_key; /* of the view, or what stands for it in a feed */
	struct option_time since;
	struct option_time until;
	struct option_number after;
	struct option_number before;
	bool scattered;           /* records of a time: found by the segments that have some */
	struct text_list missing; /* values that name nothing, "blueprint", "servce", … in pairs */
	struct plan_search search; /* unless it drives, no part of the SQL: see query/hits.h */
	struct plan_search not_search;
};

struct plan_request {
	const struct view *view;
	const struct view *asked; /* that the user asked for; view, or what mixes it with others */
	const struct filter_settings *filter;
	struct option_number after;
	struct option_number before;
	int64_t limit;     /* -1: none */
	bool by_seq;       /* a feed */
	bool newest_first; /* read in pages, in that order */
};

/* ERROR_USAGE where the view has no field for a filter. request's filter must outlive the plan. */
bool plan_make(sqlite3 *database, const struct plan_request *request, struct plan *plan,
	struct error *err);
void plan_release(struct plan *plan);
/* Whatever would walk and --search counts what the full text index finds: no order is wanted. */
void plan_to_count(struct plan *plan);
/* The SQL has not seen to --search. */
bool plan_must_search(const struct plan *plan);

/* Adds what --since, --until, --after and --before ask for; plus is "+" where no index may be used.
 */
void plan_add_time_range(const struct plan *plan, const char *plus, struct sql_text *sql);
void plan_add_seq_range(const struct plan *plan, const char *plus, struct sql_text *sql);

/* The next window of a windowed plan: what is not newer than newest_ms, and what may fit in it;
 * size is about so many segments, and less where fewer have as many as are wanted. */
bool plan_window(sqlite3 *database, struct plan *plan, int64_t newest_ms, size_t wanted,
	size_t *size, struct window *ret_window, struct error *err);

struct plan_page {
	bool descending;
	const struct key *from; /* behind which it begins; NULL: with the first */
	int64_t limit;
	int64_t least_ms;            /* no older rows; INT64_MIN: all */
	int64_t newest_ms;           /* no newer rows; INT64_MAX: all */
	const struct window *window; /* of plans that are windowed */
};

/* SELECT of the keys of a page, of one plan, or of several in one order; false where no row can
 * fit. */
bool plan_keys(
	const struct plan *plans, size_t count, const struct plan_page *page, struct sql_text *sql);
enum plan_column {
	PLAN_TIME,
	PLAN_SEQ,
	PLAN_KIND,
	PLAN_PART,
};
struct key plan_key(sqlite3_stmt *row);
/* SELECT columns of all of them, in no order. Not where plan_must_search. */
void plan_rows(const struct plan *plan, const char *columns, struct sql_text *sql);
/* SELECT count(*). */
void plan_count(const struct plan *plan, struct sql_text *sql);

#endif

/* The keys of a listing's rows, read in pages: of one view, or of several that it puts between each
 * other. Integers alone; the rows themselves are query.c's. */
#ifndef PORTLOG_QUERY_KEYS_H
#define PORTLOG_QUERY_KEYS_H

#include "query/hits.h"
#include "query/plan.h"
#include "query/query.h"

/* Starts as { 0 }. */
struct keys {
	sqlite3 *database;
	struct plan plans[VIEW_MIXED_MOST];
	sqlite3_stmt *messages[VIEW_MIXED_MOST];
	size_t plan_count;
	int64_t limit; /* -1: none */
	bool descending;
	bool tail; /* they are read from the end, all at once, and then turned round */
	bool begun;
	struct key last; /* behind which the next page begins */
	struct found *found;
	size_t found_count;
	size_t found_at;
	size_t found_capacity;
	int64_t page;
	bool exhausted; /* the page was not full */
	bool ended;     /* the end was told */
	bool searches;  /* not all keys of a page are wanted */
	int64_t steps;  /* of SQLite's machine, so far */
	int64_t budget; /* of them, before the plans fall back; 0: none */
	bool spent;
	bool windowed;       /* some plan is */
	size_t windows_seen; /* segments, or as many times PLAN_WINDOW_QUARTERS, together */
	size_t window_size;  /* of the last one, and how many rows it had, */
	size_t window_rows;  /* or may have where a page did not show all of them */
	size_t hits_per_row; /* of what indexes found in it; 0: unknown */
	int64_t floor_ms;    /* all that is newer was looked at */
	int64_t taken;       /* given so far, of limit */
	struct key taken_key;
};

/* settings' filter must outlive the keys. keys_release also after a failure. */
bool keys_open(struct keys *keys, sqlite3 *database, const struct query_settings *settings,
	struct error *err);
void keys_release(struct keys *keys);

/* ret_key: NULL at the end, which is no end for ever: what has come since is found when asked
 * again. Borrowed until the next. A limit ends behind the last row of a record in a feed. */
bool keys_next(struct keys *keys, const struct key **ret_key, struct error *err);
/* The next one can be had without reading. */
bool keys_is_ready(const struct keys *keys);

/* How many there are, at most the limit. Of keys of which none was taken. */
bool keys_count(struct keys *keys, int64_t *ret_count, struct error *err);

#endif

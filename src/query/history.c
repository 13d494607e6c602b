#include "query/history.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "query/statement.h"

enum {
	FIRST_PAGE = 16,
	LARGEST_PAGE = 4096,
};

struct history {
	sqlite3 *database;
	int64_t entity;
	bool forward;
	struct arena *texts;
	struct change_list page;
	size_t next;  /* of the page */
	int64_t size; /* of the next page */
	bool ended;
	int64_t time_ms, seq, idx; /* the last key that was read */
};

void history_open(sqlite3 *database, int64_t entity, int64_t at_ms, bool forward,
	struct arena *texts, struct history **ret_history)
{
	struct history *h = xcalloc(1, sizeof(*h));
	*h = (struct history){
		.database = database,
		.entity = entity,
		.forward = forward,
		.texts = texts,
		.size = FIRST_PAGE,
		.time_ms = at_ms,
		.seq = INT64_MAX, /* behind all of that time */
		.idx = INT64_MAX,
	};
	*ret_history = h;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	change_list_release(&history->page);
	free(history);
}

/* The inner query needs nothing but the index change_entity. */
static void page_sql(const struct history *h, struct sql_text *sql)
{
	const char *order = h->forward ? "ASC" : "DESC";
	sql_add(sql, change_columns);
	sql_add(sql, "FROM (SELECT k.seq, k.idx FROM change k WHERE k.entity = ");
	sql_bind_int(sql, h->entity);
	sql_add(sql, h->forward ? " AND k.time_ms >= " : " AND k.time_ms <= ");
	sql_bind_int(sql, h->time_ms);
	sql_add(sql, " AND (k.time_ms, k.seq, k.idx) ");
	sql_add(sql, h->forward ? "> (" : "< (");
	sql_bind_int(sql, h->time_ms);
	sql_add(sql, ", ");
	sql_bind_int(sql, h->seq);
	sql_add(sql, ", ");
	sql_bind_int(sql, h->idx);
	sql_add(sql, ") ORDER BY k.time_ms ");
	sql_add(sql, order);
	sql_add(sql, ", k.seq ");
	sql_add(sql, order);
	sql_add(sql, ", k.idx ");
	sql_add(sql, order);
	sql_add(sql, " LIMIT ");
	sql_bind_int(sql, h->size);
	sql_add(sql, ") f CROSS JOIN change c ON c.seq = f.seq AND c.idx = f.idx");
	sql_add(sql, change_names);
	sql_add(sql, "ORDER BY c.time_ms ");
	sql_add(sql, order);
	sql_add(sql, ", c.seq ");
	sql_add(sql, order);
	sql_add(sql, ", c.idx ");
	sql_add(sql, order);
}

static bool read_rows(struct history *h, sqlite3_stmt *rows, struct error *err)
{
	int64_t count = 0;
	bool row;
	while (statement_step(rows, &row, err)) {
		if (!row) {
			h->ended = count < h->size;
			h->size = h->size < LARGEST_PAGE ? 4 * h->size : h->size;
			return true;
		}
		struct change change;
		change_read(rows, h->texts, &change);
		h->time_ms = change.time_ms;
		h->seq = change.seq;
		h->idx = change.idx;
		count++;
		if (change_happened(&change))
			change_list_add(&h->page, &change);
	}
	return false;
}

static bool read_page(struct history *h, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows;
	page_sql(h, &sql);
	change_list_release(&h->page);
	h->next = 0;
	bool ok = statement_prepare(h->database, &sql, &rows, err);
	sql_text_release(&sql);
	if (!ok)
		return false;
	ok = read_rows(h, rows, err);
	sqlite3_finalize(rows);
	return ok;
}

bool history_next(struct history *h, struct change *ret_change, bool *ret_found, struct error *err)
{
	while (h->next == h->page.count && !h->ended)
		if (!read_page(h, err))
			return false;
	*ret_found = h->next < h->page.count;
	if (*ret_found)
		*ret_change = h->page.items[h->next++];
	return true;
}

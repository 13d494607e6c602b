#include "query/condition.h"

#include <string.h>

void condition_release(struct condition *condition)
{
	ids_release(&condition->ids);
	buf_free(&condition->words);
}

/* One id may be an index's next column, where a list ends the order. */
static void add_ids(const struct ids *ids, struct sql_text *sql)
{
	if (ids->count == 1) {
		sql_add(sql, "= ");
		sql_bind_int(sql, ids->items[0]);
	} else {
		struct buf list = { 0 };
		for (size_t i = 0; i < ids->count; i++)
			buf_addf(&list, "%c%lld", i == 0 ? '[' : ',', (long long)ids->items[i]);
		buf_add_text(&list, ids->count ? "]" : "[]");
		sql_add(sql, "IN (SELECT value FROM json_each(");
		sql_bind_text(sql, buf_span(&list));
		sql_add(sql, "))");
		buf_free(&list);
	}
}

/* What '@' stands for: words, or ids. */
static void add_template(
	const char *template, bool words, const struct condition *condition, struct sql_text *sql)
{
	const char *at = strchr(template, '@');
	buf_add(&sql->text, template, (size_t)(at - template));
	if (words)
		sql_bind_text(sql, buf_span(&condition->words));
	else
		add_ids(&condition->ids, sql);
	sql_add(sql, at + 1);
}

static bool is_full_text(const struct condition *condition)
{
	return condition->filter->kind == NAME_WORDS || condition->filter->facet != FACET_NONE;
}

bool condition_can_drive(const struct condition *condition)
{
	return !condition->negative && condition->filter->drive &&
	       (!is_full_text(condition) || condition->words.length > 0);
}

void condition_add_drive(const struct condition *condition, struct sql_text *sql)
{
	if (condition->found)
		add_template(condition->filter->found, false, condition, sql);
	else
		add_template(condition->filter->drive, is_full_text(condition), condition, sql);
}

/* The segments of the indexes that begin with one, each once. */
static void bind_segments(const struct window *window, struct sql_text *sql)
{
	enum { INDEX_SHIFT = 16 };
	struct buf list = { 0 };
	int64_t next = INT64_MIN;
	for (size_t i = 0; i < window->count; i++) {
		int64_t first = window->ranges[i].first >> INDEX_SHIFT;
		for (next = first > next ? first : next;
			next <= window->ranges[i].last >> INDEX_SHIFT; next++)
			buf_addf(&list, "%c%lld", list.length == 0 ? '[' : ',', (long long)next);
	}
	buf_add_text(&list, list.length ? "]" : "[]");
	sql_add(sql, "(SELECT value FROM json_each(");
	sql_bind_text(sql, buf_span(&list));
	sql_add(sql, "))");
	buf_free(&list);
}

void condition_add_within(
	const struct condition *condition, const struct window *window, struct sql_text *sql)
{
	const char *template = condition->filter->within;
	if (!template) {
		sql_add(sql, "SELECT rowid FROM search WHERE search MATCH ");
		sql_bind_text(sql, buf_span(&condition->words));
		sql_add(sql, " AND rowid BETWEEN ");
		sql_bind_int(sql, window->ranges[0].first);
		sql_add(sql, " AND ");
		sql_bind_int(sql, window->ranges[window->count - 1].last);
		/* Most windows are at the newer end: from the other all would be passed over. */
		sql_add(sql, " ORDER BY rowid DESC");
		return;
	}
	const char *at = strchr(template, '#');
	buf_add(&sql->text, template, (size_t)(at - template));
	bind_segments(window, sql);
	add_template(at + 1, false, condition, sql);
	sql_add(sql, " AND k.time_ms BETWEEN ");
	sql_bind_int(sql, window->least_ms);
	sql_add(sql, " AND ");
	sql_bind_int(sql, window->newest_ms);
}

void condition_add_seqs(const struct view *view, const struct ids *seqs, struct sql_text *sql)
{
	const char *found = view->together->found, *at = strchr(found, '@');
	buf_add(&sql->text, found, (size_t)(at - found));
	add_ids(seqs, sql);
	sql_add(sql, at + 1);
}

bool condition_add_test(const struct condition *condition, struct sql_text *sql)
{
	if (!condition->filter->test)
		return false;
	sql_add(sql, condition->negative ? " AND NOT (" : " AND (");
	add_template(condition->filter->test, false, condition, sql);
	sql_add(sql, ")");
	return true;
}

static bool count_found(sqlite3 *database, const struct sql_text *sql, struct condition *condition,
	int64_t most, struct error *err)
{
	sqlite3_stmt *rows = NULL;
	bool row = true, ok = statement_prepare(database, sql, &rows, err);
	while (ok && row) {
		ok = statement_step(rows, &row, err);
		if (ok && row)
			ids_add(&condition->ids, sqlite3_column_int64(rows, 0));
	}
	sqlite3_finalize(rows);
	condition->found = ok && (int64_t)condition->ids.count < most;
	return ok;
}

bool condition_count(sqlite3 *database, struct condition *condition, bool keep, int64_t most,
	int64_t *ret_count, struct error *err)
{
	struct sql_text sql = { 0 };
	bool finds = keep && condition->filter->found;
	if (condition->found) {
		*ret_count = (int64_t)condition->ids.count;
		return true;
	}
	sql_add(&sql, finds ? "SELECT rowid FROM " : "SELECT count(*) FROM (SELECT 1 FROM ");
	add_template(condition->filter->count, is_full_text(condition), condition, &sql);
	sql_add(&sql, " LIMIT ");
	sql_bind_int(&sql, most);
	sql_add(&sql, finds ? "" : ")");
	bool ok = finds ? count_found(database, &sql, condition, most, err)
			: statement_integer(database, &sql, ret_count, err);
	if (finds && ok) {
		*ret_count = (int64_t)condition->ids.count;
		if (!condition->found)
			ids_release(&condition->ids);
	}
	sql_text_release(&sql);
	return ok;
}

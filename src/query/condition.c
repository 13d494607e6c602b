#include "query/condition.h"

#include <string.h>

#include "store/spans.h"

void condition_release(struct condition *condition)
{
	ids_release(&condition->ids);
	buf_free(&condition->words);
}

/* One id may be an index's next column, where a list ends the order. */
static void add_ids(const struct condition *condition, struct sql_text *sql)
{
	if (condition->ids.count == 1) {
		sql_add(sql, "= ");
		sql_bind_int(sql, condition->ids.items[0]);
	} else {
		struct buf list = { 0 };
		for (size_t i = 0; i < condition->ids.count; i++)
			buf_addf(&list, "%c%lld", i == 0 ? '[' : ',',
				(long long)condition->ids.items[i]);
		buf_add_text(&list, condition->ids.count ? "]" : "[]");
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
		add_ids(condition, sql);
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

/* What is behind the shift of the seqs in the window's ranges, each once. */
static void bind_segments(const struct window *window, int shift, struct sql_text *sql)
{
	struct buf list = { 0 };
	int64_t next = INT64_MIN;
	for (size_t i = 0; i < window->count; i++) {
		int64_t first = window->ranges[i].first >> shift;
		for (next = first > next ? first : next; next <= window->ranges[i].last >> shift;
			next++)
			buf_addf(&list, "%c%lld", list.length == 0 ? '[' : ',', (long long)next);
	}
	buf_add_text(&list, list.length ? "]" : "[]");
	sql_add(sql, "(SELECT value FROM json_each(");
	sql_bind_text(sql, buf_span(&list));
	sql_add(sql, "))");
	buf_free(&list);
}

/* The rows of the window that an index knows to fit the condition. */
static void add_within(
	const struct condition *condition, const struct window *window, struct sql_text *sql)
{
	enum { INDEX_SHIFT = 16 }; /* of the indexes that begin with the segment */
	const char *template = condition->filter->within;
	if (!template || condition->negative)
		return;
	const char *at = strchr(template, '#');
	sql_add(sql, " AND +rowid IN (");
	buf_add(&sql->text, template, (size_t)(at - template));
	bind_segments(window, INDEX_SHIFT, sql);
	add_template(at + 1, false, condition, sql);
	sql_add(sql, ")");
}

/* One question, for each costs as much as looking at thousands of hits; what lies between the
 * ranges is left out before it costs anything. */
void condition_add_window(const struct condition *condition, const struct condition *others,
	size_t count, const struct window *window, struct sql_text *sql)
{
	const char *at = strchr(condition->filter->found, '@');
	bool none = window->count == 0;
	buf_add(&sql->text, condition->filter->found, (size_t)(at - condition->filter->found));
	sql_add(sql, "IN (SELECT rowid FROM search WHERE search MATCH ");
	sql_bind_text(sql, buf_span(&condition->words));
	sql_add(sql, " AND rowid BETWEEN ");
	sql_bind_int(sql, none ? 0 : window->ranges[0].first);
	sql_add(sql, " AND ");
	sql_bind_int(sql, none ? -1 : window->ranges[window->count - 1].last);
	if (window->count > 1) {
		buf_addf(&sql->text, " AND rowid >> %d IN ", SPAN_SHIFT);
		bind_segments(window, SPAN_SHIFT, sql);
	}
	for (size_t i = 0; i < count; i++)
		add_within(&others[i], window, sql);
	sql_add(sql, ")");
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

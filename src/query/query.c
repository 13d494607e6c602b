#include "query/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "query/keys.h"

enum {
	ROWS_MOST = 128, /* fetched in one transaction */
	ROW_BYTES_MOST = 1 << 20,
	KEPT_BYTES = 64 << 10, /* of a slot's memory for the next row */
};

/* A row that was copied from SQLite: its transaction is over. */
struct slot {
	struct key key;
	struct value *values;
	struct buf text;
};

struct query {
	sqlite3 *database;
	struct query_settings settings;
	struct keys keys;
	sqlite3_stmt *fetch[VIEW_MIXED_MOST]; /* for each kind of key */
	struct slot slots[ROWS_MOST];
	size_t slot_count;
	size_t slot_at;
	struct key given_key;
	struct row row;
};

/* The SQL of a column that is called like that in the view; NULL: there is none. */
static const char *column_of(const struct view *view, const char *name)
{
	for (const struct view_field *f = view->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f->sql ? f->sql : f->name;
	return NULL;
}

static void add_column(
	const struct view *view, const struct view_field *field, struct sql_text *sql)
{
	const char *column = column_of(view, field->name);
	if (column)
		sql_add(sql, column);
	else if (strcmp(field->name, "what") == 0)
		buf_addf(&sql->text, "'%s'", view->what);
	else
		sql_add(sql, "NULL");
}

static bool prepare_fetch(
	struct query *query, const struct plan *plan, sqlite3_stmt **ret_fetch, struct error *err)
{
	const struct view *view = plan->view;
	const struct field_list *fields = query->settings.fields;
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT ");
	for (size_t i = 0; i < fields->count; i++) {
		sql_add(&sql, i ? ", " : "");
		add_column(view, fields->items[i], &sql);
	}
	sql_add(&sql, " FROM ");
	sql_add(&sql, plan->seq_key == view->feed_key ? view->feed_fetch : view->fetch);
	bool ok = statement_prepare(query->database, &sql, ret_fetch, err);
	sql_text_release(&sql);
	return ok;
}

bool query_open(sqlite3 *database, const struct query_settings *settings, struct query **ret_query,
	struct error *err)
{
	struct query *query = xcalloc(1, sizeof(*query));
	query->database = database;
	query->settings = *settings;
	bool ok = keys_open(&query->keys, database, settings, err);
	for (size_t i = 0; ok && settings->fields && i < query->keys.plan_count; i++)
		ok = prepare_fetch(query, &query->keys.plans[i], &query->fetch[i], err);
	if (!ok) {
		query_close(query);
		return false;
	}
	*ret_query = query;
	return true;
}

void query_close(struct query *query)
{
	if (!query)
		return;
	for (size_t i = 0; i < VIEW_MIXED_MOST; i++)
		sqlite3_finalize(query->fetch[i]);
	keys_release(&query->keys);
	for (size_t i = 0; i < ROWS_MOST; i++) {
		free(query->slots[i].values);
		buf_free(&query->slots[i].text);
	}
	free(query);
}

static size_t row_bytes(sqlite3_stmt *row, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		int type = sqlite3_column_type(row, (int)i);
		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			bytes += (size_t)sqlite3_column_bytes(row, (int)i);
	}
	return bytes;
}

/* Copies the row, the statement's transaction is soon over. */
static void keep_row(struct slot *slot, sqlite3_stmt *row, size_t count)
{
	if (!slot->values)
		slot->values = xcalloc(count + 1, sizeof(*slot->values));
	if (slot->text.capacity > KEPT_BYTES)
		buf_free(&slot->text);
	buf_clear(&slot->text);
	/* Reserved at once: the values point into it. */
	buf_reserve(&slot->text, row_bytes(row, count));
	for (size_t i = 0; i < count; i++) {
		struct value value = statement_value(row, (int)i);
		if (value.text.data) {
			const char *start = slot->text.data + slot->text.length;
			buf_add_span(&slot->text, value.text);
			value.text.data = start;
		}
		slot->values[i] = value;
	}
}

static bool fetch_row(struct query *query, const struct key *key, struct error *err)
{
	struct slot *slot = &query->slots[query->slot_count];
	sqlite3_stmt *fetch = query->fetch[key->kind];
	bool row = false;
	sqlite3_bind_int64(fetch, 1, key->seq);
	if (sqlite3_bind_parameter_count(fetch) > 1)
		sqlite3_bind_int64(fetch, 2, key->part);
	bool ok = statement_step(fetch, &row, err);
	/* A row that is gone: the projections were made anew in between. */
	if (ok && row) {
		keep_row(slot, fetch, query->settings.fields->count);
		slot->key = *key;
		query->slot_count++;
	}
	sqlite3_reset(fetch);
	return ok;
}

static bool fill_slots(struct query *query, struct error *err)
{
	size_t bytes = 0;
	query->slot_count = query->slot_at = 0;
	while (query->slot_count < ROWS_MOST && bytes < ROW_BYTES_MOST) {
		const struct key *next;
		size_t before = query->slot_count;
		/* What there is goes out before more keys are looked for. */
		if (before > 0 && !keys_is_ready(&query->keys))
			return true;
		if (!keys_next(&query->keys, &next, err))
			return false;
		if (!next)
			return true;
		if (!fetch_row(query, next, err))
			return false;
		if (query->slot_count > before)
			bytes += query->slots[before].text.length;
	}
	return true;
}

/* One transaction for keys and rows: nothing changes between them, and it ends before the caller
 * has the rows. */
static bool refill(struct query *query, struct error *err)
{
	if (sqlite3_exec(query->database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return statement_failed(query->database, err);
	bool ok = fill_slots(query, err);
	sqlite3_exec(query->database, "COMMIT", NULL, NULL, NULL);
	return ok;
}

bool query_next(struct query *query, const struct row **ret_row, struct error *err)
{
	*ret_row = NULL;
	if (query->slot_at == query->slot_count && !refill(query, err))
		return false;
	if (query->slot_at == query->slot_count)
		return true;
	const struct slot *slot = &query->slots[query->slot_at++];
	query->given_key = slot->key;
	query->row = (struct row){ slot->values, query->settings.fields->count };
	*ret_row = &query->row;
	return true;
}

bool query_is_ready(const struct query *query)
{
	return query->slot_at < query->slot_count;
}

struct key query_key(const struct query *query)
{
	return query->given_key;
}

bool query_count(struct query *query, int64_t *ret_count, struct error *err)
{
	return keys_count(&query->keys, ret_count, err);
}

static enum name_kind kind_of(const struct view *view, const char *word)
{
	const struct view_filter *f = view->filters;
	while (strcmp(filter_word(f->name), word) != 0)
		f++;
	return f->kind;
}

bool query_hints(struct query *query, struct buf *out, struct error *err)
{
	/* The views that are mixed look names up in the same dictionaries. */
	const struct plan *plan = &query->keys.plans[0];
	const struct text_list *missing = &plan->missing;
	for (size_t i = 0; i + 1 < missing->count; i += 2) {
		const char *word = missing->items[i], *value = missing->items[i + 1];
		char *nearest = NULL;
		if (!resolve_nearest(
			    query->database, kind_of(plan->view, word), value, &nearest, err))
			return false;
		buf_addf(out, "no %s here is called '", word);
		text_safe(span_of(value), out);
		if (nearest) {
			buf_add_text(out, "'; did you mean '");
			text_safe(span_of(nearest), out);
		}
		buf_add_text(out, nearest ? "'?\n" : "'\n");
		free(nearest);
	}
	return true;
}

static bool has_rows(
	sqlite3 *database, const struct view *view, int64_t *ret_has, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT EXISTS (SELECT 1 FROM ");
	sql_add(&sql, view->table);
	sql_add(&sql, ")");
	bool ok = statement_integer(database, &sql, ret_has, err);
	sql_text_release(&sql);
	return ok;
}

bool query_nothing(sqlite3 *database, const struct view *view, struct buf *out, struct error *err)
{
	const struct view *const alone[] = { view, NULL };
	int64_t has = 0;
	for (const struct view *const *v = view->mixed ? view->mixed : alone; *v && !has; v++)
		if (!has_rows(database, *v, &has, err))
			return false;
	if (has)
		return true;
	if (!has_rows(database, &view_records, &has, err))
		return false;
	buf_add_text(out, has ? view->nothing : view_records.nothing);
	buf_add_char(out, '\n');
	return true;
}

bool query_last_seq(sqlite3 *database, int64_t *ret_seq, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT max(seq) FROM record");
	bool ok = statement_integer(database, &sql, ret_seq, err);
	sql_text_release(&sql);
	return ok;
}

/* Where and when the record came from; emptied where there is none. */
static bool read_origin(sqlite3 *database, int64_t seq, struct buf *origin, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *statement;
	bool row = false;
	buf_clear(origin);
	sql_add(&sql, "SELECT quote(source) || quote(topic) || quote(partition) || quote(epoch)"
		      " || quote(kafka_offset) || ' ' || quote(timestamp_ms) || quote(key)"
		      " || quote(size) || ' ' || quote(received_ms) FROM journal WHERE seq = ");
	sql_bind_int(&sql, seq);
	bool ok = statement_prepare(database, &sql, &statement, err);
	if (ok) {
		ok = statement_step(statement, &row, err);
		if (ok && row)
			buf_add_span(origin, statement_span(statement, 0));
		sqlite3_finalize(statement);
	}
	sql_text_release(&sql);
	return ok;
}

bool query_common_seq(
	sqlite3 *one, sqlite3 *other, int64_t most, int64_t *ret_seq, struct error *err)
{
	struct buf a = { 0 }, b = { 0 };
	int64_t common = 0, end = most;
	bool ok = true;
	/* Records are only ever added: where two differ, so do those behind them. */
	while (ok && common < end) {
		int64_t middle = common + (end - common + 1) / 2;
		ok = read_origin(one, middle, &a, err) && read_origin(other, middle, &b, err);
		if (a.length > 0 && span_equal(buf_span(&a), buf_span(&b)))
			common = middle;
		else
			end = middle - 1;
	}
	buf_free(&a);
	buf_free(&b);
	if (ok)
		*ret_seq = common;
	return ok;
}

#include "query/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "query/search.h"

enum {
	FIRST_PAGE = 64,      /* keys: few, so that the first rows come at once */
	LARGEST_PAGE = 16384, /* keys */
	ROWS_MOST = 128,      /* fetched in one transaction */
	ROW_BYTES_MOST = 1 << 20,
	KEPT_BYTES = 64 << 10, /* of a slot's memory for the next row */
};

struct found {
	struct key key;
	uint64_t hits;
	uint64_t not_hits;
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
	struct plan plan;
	bool descending;
	bool tail; /* keys were read from the end, all at once */
	bool begun;
	struct key last; /* behind which the next page begins */
	struct found *found;
	size_t found_count;
	size_t found_at;
	size_t found_capacity;
	int64_t page;
	bool exhausted; /* the page was not full */
	sqlite3_stmt *fetch;
	sqlite3_stmt *messages;
	struct slot slots[ROWS_MOST];
	size_t slot_count;
	size_t slot_at;
	int64_t taken; /* rows that were fetched, of limit */
	struct key taken_key;
	bool done; /* the limit is reached */
	struct key given_key;
	struct row row;
};

static bool prepare_fetch(struct query *query, struct error *err)
{
	const struct field_list *fields = query->settings.fields;
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT ");
	for (size_t i = 0; i < fields->count; i++) {
		const struct view_field *field = fields->items[i];
		sql_add(&sql, i ? ", " : "");
		sql_add(&sql, field->sql ? field->sql : field->name);
	}
	sql_add(&sql, " FROM ");
	sql_add(&sql, query->settings.view->fetch);
	bool ok = statement_prepare(query->database, &sql, &query->fetch, err);
	sql_text_release(&sql);
	return ok;
}

bool query_open(sqlite3 *database, const struct query_settings *settings, struct query **ret_query,
	struct error *err)
{
	struct query *query = xcalloc(1, sizeof(*query));
	bool feed = settings->feed || settings->after.given || settings->before.given;
	bool ascending = feed != settings->reverse;
	query->database = database;
	query->settings = *settings;
	query->page = FIRST_PAGE;
	struct plan_request request = {
		.view = settings->view,
		.filter = settings->filter,
		.after = settings->after,
		.before = settings->before,
		.limit = settings->limit,
		.by_seq = feed,
	};
	if (!plan_make(database, &request, &query->plan, err) ||
		(settings->fields && !prepare_fetch(query, err)) ||
		!statement_prepare_text(
			database, settings->view->messages, &query->messages, err)) {
		query_close(query);
		return false;
	}
	/* Which rows a limit lets through does not depend on the way they are turned. */
	bool from_end = feed ? settings->before.given && !settings->after.given : true;
	query->tail = settings->limit >= 0 && from_end == ascending;
	query->descending = query->tail ? ascending : !ascending;
	*ret_query = query;
	return true;
}

void query_close(struct query *query)
{
	if (!query)
		return;
	plan_release(&query->plan);
	sqlite3_finalize(query->fetch);
	sqlite3_finalize(query->messages);
	for (size_t i = 0; i < ROWS_MOST; i++) {
		free(query->slots[i].values);
		buf_free(&query->slots[i].text);
	}
	free(query->found);
	free(query);
}

static void add_found(struct query *query, const struct found *found)
{
	if (query->found_count == query->found_capacity) {
		query->found_capacity =
			query->found_capacity ? 2 * query->found_capacity : FIRST_PAGE;
		query->found =
			xreallocarray(query->found, query->found_capacity, sizeof(*query->found));
	}
	query->found[query->found_count++] = *found;
}

/* Whether the message, or one of those that the row is made of, has the texts. */
static bool message_fits(struct query *query, const struct found *found,
	const struct text_list *texts, uint64_t hits, bool *ret_fits, struct error *err)
{
	bool row = true, ok = true, fits = false;
	sqlite3_bind_int64(query->messages, 1, found->key.seq);
	if (sqlite3_bind_parameter_count(query->messages) > 1)
		sqlite3_bind_int64(query->messages, 2, found->key.part);
	while (ok && row && !fits) {
		ok = statement_step(query->messages, &row, err);
		if (ok && row)
			fits = search_fits(texts, hits, statement_span(query->messages, 0));
	}
	sqlite3_reset(query->messages);
	*ret_fits = fits;
	return ok;
}

/* Phrases are looked for in the message itself. */
static bool phrases_fit(
	struct query *query, const struct found *found, bool *ret_fits, struct error *err)
{
	const struct plan *plan = &query->plan;
	bool fits = true, unwanted = false;
	if (plan->phrases && !message_fits(query, found, plan->phrases, found->hits, &fits, err))
		return false;
	if (fits && plan->not_phrases && found->not_hits &&
		!message_fits(query, found, plan->not_phrases, found->not_hits, &unwanted, err))
		return false;
	*ret_fits = fits && !unwanted;
	return true;
}

static bool read_keys(struct query *query, sqlite3_stmt *keys, int64_t limit, struct error *err)
{
	int64_t count = 0;
	bool row = true;
	while (statement_step(keys, &row, err)) {
		struct found found;
		bool fits;
		if (!row) {
			query->exhausted = count < limit;
			return true;
		}
		found.key.time_ms = sqlite3_column_int64(keys, 0);
		found.key.seq = sqlite3_column_int64(keys, 1);
		found.key.part = sqlite3_column_int64(keys, 2);
		found.hits = (uint64_t)sqlite3_column_int64(keys, 3);
		found.not_hits = (uint64_t)sqlite3_column_int64(keys, 4);
		query->last = found.key;
		query->begun = true;
		count++;
		if (!phrases_fit(query, &found, &fits, err))
			return false;
		if (fits)
			add_found(query, &found);
	}
	return false;
}

/* The next keys, behind the last page's. */
static bool next_page(struct query *query, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *keys = NULL;
	int64_t limit = query->page;
	int64_t left = query->settings.limit - query->taken;
	query->found_count = query->found_at = 0;
	if (query->settings.limit >= 0 && limit > left)
		limit = left > 0 ? left : 1;
	plan_keys(&query->plan, query->descending, query->begun ? &query->last : NULL, limit, &sql);
	bool ok = statement_prepare(query->database, &sql, &keys, err) &&
		  read_keys(query, keys, limit, err);
	sqlite3_finalize(keys);
	sql_text_release(&sql);
	if (query->page < LARGEST_PAGE)
		query->page *= 4;
	return ok;
}

static void turn(struct query *query)
{
	for (size_t i = 0, j = query->found_count; i + 1 < j; i++) {
		struct found swap = query->found[i];
		query->found[i] = query->found[--j];
		query->found[j] = swap;
	}
}

/* Whether the next key is within the limit. A feed's page never ends inside a record. */
static bool is_wanted(
	const struct query *query, int64_t taken, const struct key *last, const struct key *next)
{
	return query->settings.limit < 0 || taken < query->settings.limit ||
	       (query->plan.by_seq && taken > 0 && next->seq == last->seq);
}

/* All keys of a tail, then turned round: it is limited, and so is what they take. */
static bool read_tail(struct query *query, struct error *err)
{
	struct found *all = NULL;
	size_t count = 0;
	bool ok = true, wanted = true;
	while (ok && wanted && !query->exhausted) {
		ok = next_page(query, err);
		all = xreallocarray(all, count + query->found_count + 1, sizeof(*all));
		for (size_t i = 0; ok && wanted && i < query->found_count; i++) {
			const struct key *last = count ? &all[count - 1].key : NULL;
			wanted = is_wanted(query, (int64_t)count, last, &query->found[i].key);
			if (wanted)
				all[count++] = query->found[i];
		}
	}
	free(query->found);
	query->found = all;
	query->found_count = query->found_capacity = count;
	query->found_at = 0;
	query->exhausted = true;
	turn(query);
	return ok;
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
	bool row = false;
	sqlite3_bind_int64(query->fetch, 1, key->seq);
	if (sqlite3_bind_parameter_count(query->fetch) > 1)
		sqlite3_bind_int64(query->fetch, 2, key->part);
	bool ok = statement_step(query->fetch, &row, err);
	/* A row that is gone: the projections were made anew in between. */
	if (ok && row) {
		keep_row(slot, query->fetch, query->settings.fields->count);
		slot->key = *key;
		query->slot_count++;
	}
	sqlite3_reset(query->fetch);
	return ok;
}

static bool fill_slots(struct query *query, struct error *err)
{
	size_t bytes = 0;
	query->slot_count = query->slot_at = 0;
	while (query->slot_count < ROWS_MOST && bytes < ROW_BYTES_MOST) {
		while (query->found_at == query->found_count) {
			if (query->exhausted || query->slot_count > 0)
				return true;
			if (!(query->tail ? read_tail(query, err) : next_page(query, err)))
				return false;
		}
		size_t before = query->slot_count;
		const struct key *next = &query->found[query->found_at].key;
		if (!query->tail && !is_wanted(query, query->taken, &query->taken_key, next)) {
			query->done = true;
			return true;
		}
		query->taken++;
		query->taken_key = *next;
		if (!fetch_row(query, &query->found[query->found_at++].key, err))
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
	if (query->plan.empty || query->settings.limit == 0)
		return true;
	if (query->slot_at == query->slot_count) {
		/* A feed goes on where it ended. */
		if (!query->tail)
			query->exhausted = false;
		if (query->done || !refill(query, err))
			return query->done;
	}
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

static bool count_keys(struct query *query, int64_t *ret_count, struct error *err)
{
	int64_t count = 0;
	while (!query->exhausted) {
		if (!next_page(query, err))
			return false;
		count += (int64_t)query->found_count;
	}
	*ret_count = count;
	return true;
}

bool query_count(struct query *query, int64_t *ret_count, struct error *err)
{
	int64_t count = 0;
	bool ok = true;
	if (query->plan.phrases || query->plan.not_phrases) {
		ok = count_keys(query, &count, err);
	} else if (!query->plan.empty) {
		struct sql_text sql = { 0 };
		plan_count(&query->plan, &sql);
		ok = statement_integer(query->database, &sql, &count, err);
		sql_text_release(&sql);
	}
	if (ok && query->settings.limit >= 0 && count > query->settings.limit)
		count = query->settings.limit;
	if (ok)
		*ret_count = count;
	return ok;
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
	const struct text_list *missing = &query->plan.missing;
	for (size_t i = 0; i + 1 < missing->count; i += 2) {
		const char *word = missing->items[i], *value = missing->items[i + 1];
		char *nearest = NULL;
		if (!resolve_nearest(query->database, kind_of(query->settings.view, word), value,
			    &nearest, err))
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

bool query_last_seq(sqlite3 *database, int64_t *ret_seq, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT max(seq) FROM record");
	bool ok = statement_integer(database, &sql, ret_seq, err);
	sql_text_release(&sql);
	return ok;
}

#include "store/functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "event/local.h"
#include "store/codec.h"
#include "store/replay.h"
#include "store/stmt.h"

/* What portlog_body remembers: the dictionaries, and the last value, because a row's before and
 * after are cut from the same one. */
struct bodies {
	sqlite3 *handle;
	struct unpacker *unpacker;
	struct buf last;
	int64_t last_seq; /* 0: none */
	bool last_is_text;
	uint64_t unpacked;
};

static void bodies_free(void *data)
{
	struct bodies *b = data;
	unpacker_free(b->unpacker);
	buf_free(&b->last);
	free(b);
}

/* The record that has the seq next may be another one. */
static void on_rollback(void *data)
{
	struct bodies *b = data;
	b->last_seq = 0;
}

static bool load_dictionary(struct bodies *b, int64_t id, struct error *err)
{
	if (unpacker_has(b->unpacker, id))
		return true;
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(b->handle, "SELECT bytes FROM main.dictionary WHERE id = ?1",
			  -1, &s, NULL) == SQLITE_OK &&
		  sqlite3_bind_int64(s, 1, id) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
	if (ok)
		unpacker_add(b->unpacker, id,
			span_make(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)));
	else
		error_set(err, ERROR_INTEGRITY, "the store lacks dictionary %lld", (long long)id);
	sqlite3_finalize(s);
	return ok;
}

static bool unpack(
	struct bodies *b, int64_t seq, int64_t dictionary, struct span bytes, struct error *err)
{
	if (b->last_seq == seq)
		return true;
	b->last_seq = 0;
	if (!load_dictionary(b, dictionary, err) ||
		!unpacker_unpack(b->unpacker, dictionary, bytes, &b->last, err))
		return false;
	b->unpacked++;
	b->last_seq = seq;
	b->last_is_text =
		!memchr(b->last.data, '\0', b->last.length) && text_is_utf8(buf_span(&b->last));
	return true;
}

static void fail_damaged(sqlite3_context *context, const struct error *err)
{
	sqlite3_result_error(context, err->text, -1);
	sqlite3_result_error_code(context, SQLITE_FORMAT);
}

/* portlog_body(seq, dictionary, bytes) */
static void body(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	struct bodies *b = sqlite3_user_data(context);
	if (sqlite3_value_type(values[1]) == SQLITE_NULL) {
		sqlite3_result_value(context, values[2]);
		return;
	}
	struct error err;
	const void *data = sqlite3_value_blob(values[2]);
	struct span bytes = span_make(data, (size_t)sqlite3_value_bytes(values[2]));
	if (!unpack(b, sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1]), bytes,
		    &err)) {
		error_prefix(&err, "record %lld", (long long)sqlite3_value_int64(values[0]));
		fail_damaged(context, &err);
		return;
	}
	if (b->last_is_text)
		sqlite3_result_text64(
			context, b->last.data, b->last.length, SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		sqlite3_result_blob64(context, b->last.data, b->last.length, SQLITE_TRANSIENT);
}

/* portlog_lost(NULL, seq) */
static void lost(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	struct error err;
	struct buf place = { 0 };
	int64_t seq = sqlite3_value_int64(values[1]);
	replay_place(sqlite3_context_db_handle(context), (uint64_t)seq, &place);
	error_set(&err, ERROR_INTEGRITY,
		"the value of record %lld%s is missing: the store is damaged or was altered",
		(long long)seq, buf_text(&place));
	fail_damaged(context, &err);
	buf_free(&place);
}

/* portlog_match(pattern, text) */
static void match(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const void *pattern = sqlite3_value_text(values[0]);
	const void *text = sqlite3_value_text(values[1]);
	if (pattern && text)
		sqlite3_result_int(context,
			text_glob(span_make(pattern, (size_t)sqlite3_value_bytes(values[0])),
				span_make(text, (size_t)sqlite3_value_bytes(values[1]))));
}

/* portlog_member(json, name): json_extract of old versions ends a text at a NUL, and of a name that
 * stands twice takes the first. */
static void member(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[1]);
	const void *data = sqlite3_value_blob(values[0]);
	struct span json = span_make(data, (size_t)sqlite3_value_bytes(values[0]));
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	int64_t number;
	if (!name || !data || json_scan(&doc, json.data, json.length) != JSON_OK)
		goto out;
	struct span text = json_text(&doc, json_member(&doc, 0, span_of(name)), &scratch);
	if (text.data)
		sqlite3_result_text64(
			context, text.data, text.length, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (local_int(&doc, name, INT64_MIN, INT64_MAX, &number))
		sqlite3_result_int64(context, number);
out:
	json_doc_release(&doc);
	buf_free(&scratch);
}

/* portlog_bodies_unpacked(): for tests. */
static void bodies_unpacked(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	(void)values;
	const struct bodies *b = sqlite3_user_data(context);
	sqlite3_result_int64(context, (int64_t)b->unpacked);
}

bool functions_register(sqlite3 *handle, struct error *err)
{
	struct bodies *b = xcalloc(1, sizeof(*b));
	b->handle = handle;
	b->unpacker = unpacker_new();
	int pure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	if (sqlite3_create_function_v2(handle, "portlog_body", 3, pure, b, body, NULL, NULL,
		    bodies_free) != SQLITE_OK ||
		sqlite3_create_function_v2(handle, "portlog_lost", 2, pure, NULL, lost, NULL, NULL,
			NULL) != SQLITE_OK ||
		sqlite3_create_function_v2(handle, "portlog_match", 2, pure, NULL, match, NULL,
			NULL, NULL) != SQLITE_OK ||
		sqlite3_create_function_v2(handle, "portlog_member", 2, pure, NULL, member, NULL,
			NULL, NULL) != SQLITE_OK ||
		sqlite3_create_function_v2(handle, "portlog_bodies_unpacked", 0, SQLITE_UTF8, b,
			bodies_unpacked, NULL, NULL, NULL) != SQLITE_OK)
		return stmt_error(handle, err);
	sqlite3_rollback_hook(handle, on_rollback, b);
	return true;
}

uint64_t functions_bodies_unpacked(sqlite3 *handle)
{
	sqlite3_stmt *s = NULL;
	uint64_t unpacked = 0;
	if (sqlite3_prepare_v2(handle, "SELECT portlog_bodies_unpacked()", -1, &s, NULL) ==
			SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW)
		unpacked = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return unpacked;
}

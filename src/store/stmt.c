#include "store/stmt.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

void connection_close(struct connection *c)
{
	for (size_t i = 0; i < CONNECTION_STATEMENTS; i++)
		sqlite3_finalize(c->statements[i].handle);
	sqlite3_close(c->handle);
	memset(c, 0, sizeof(*c));
}

struct stmt *stmt(struct connection *c, const char *sql)
{
	size_t at = ((uintptr_t)sql >> 3) % CONNECTION_STATEMENTS;
	for (size_t tries = 0; tries < CONNECTION_STATEMENTS; tries++) {
		struct stmt *s = &c->statements[(at + tries) % CONNECTION_STATEMENTS];
		if (s->sql == sql && s->handle) {
			s->failed = SQLITE_OK;
			return s;
		}
		if (s->sql && s->sql != sql)
			continue;
		s->sql = sql;
		s->failed = sqlite3_prepare_v3(
			c->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL);
		return s;
	}
	assert(false && "more statements than CONNECTION_STATEMENTS");
	return NULL;
}

static void note(struct stmt *s, int result)
{
	if (s->failed == SQLITE_OK)
		s->failed = result;
}

void stmt_int(struct stmt *s, int position, int64_t value)
{
	note(s, sqlite3_bind_int64(s->handle, position, value));
}

void stmt_null(struct stmt *s, int position)
{
	note(s, sqlite3_bind_null(s->handle, position));
}

void stmt_text(struct stmt *s, int position, struct span text)
{
	note(s, text.data ? sqlite3_bind_text64(s->handle, position, text.data, text.length,
				    SQLITE_STATIC, SQLITE_UTF8)
			  : sqlite3_bind_null(s->handle, position));
}

void stmt_blob(struct stmt *s, int position, struct span bytes)
{
	note(s, bytes.data ? sqlite3_bind_blob64(
				     s->handle, position, bytes.data, bytes.length, SQLITE_STATIC)
			   : sqlite3_bind_null(s->handle, position));
}

void stmt_bytes(struct stmt *s, int position, struct span bytes)
{
	bool text = !bytes.data || (!memchr(bytes.data, '\0', bytes.length) && text_is_utf8(bytes));
	if (text)
		stmt_text(s, position, bytes);
	else
		stmt_blob(s, position, bytes);
}

/* A later try may do: the disk, or another program, may have changed. */
static bool is_transient(int code)
{
	return code == SQLITE_FULL || code == SQLITE_BUSY || code == SQLITE_IOERR ||
	       code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PROTOCOL;
}

bool stmt_error(sqlite3 *handle, struct error *err)
{
	int code = sqlite3_errcode(handle);
	/* The next seq is in memory: who else has used it? */
	bool other_writer =
		code == SQLITE_CONSTRAINT && strstr(sqlite3_errmsg(handle), "record.seq") != NULL;
	const char *hint = other_writer ? "; another program writes to this store: find and stop it"
			   : sqlite3_extended_errcode(handle) == SQLITE_IOERR_WRITE
				   ? "; check the disk of the store, and 'ulimit -f'"
			   : code == SQLITE_FULL ? "; make room on the disk of the store"
			   : code == SQLITE_READONLY
				   ? "; the store can't be written: check its owner and mount"
			   : code == SQLITE_CORRUPT
				   ? "; restore a backup: what it lacks is recorded again"
			   : code == SQLITE_NOTADB ? "; this file is no portlog store"
						   : "";
	if (code == SQLITE_FORMAT)
		return error_set(err, ERROR_INTEGRITY, "%s", sqlite3_errmsg(handle));
	error_set(err, ERROR_STORE, "%s (SQLite %d)%s", sqlite3_errmsg(handle),
		sqlite3_extended_errcode(handle), hint);
	err->transient = is_transient(code);
	return false;
}

void stmt_reset(struct stmt *s)
{
	sqlite3_reset(s->handle);
}

bool stmt_row(struct stmt *s, bool *ret_row, struct error *err)
{
	int result = s->failed;
	if (result == SQLITE_OK)
		result = sqlite3_step(s->handle);
	if (result == SQLITE_ROW) {
		*ret_row = true;
		return true;
	}
	if (result == SQLITE_DONE) {
		sqlite3_reset(s->handle);
		*ret_row = false;
		return true;
	}
	if (s->handle)
		stmt_error(sqlite3_db_handle(s->handle), err);
	else
		error_set(err, ERROR_STORE, "cannot prepare \"%.80s\": %s", s->sql,
			sqlite3_errstr(result));
	/* Preparing reads the schema, which may fail as any reading may. */
	if (!s->handle)
		err->transient = is_transient(result & 0xff);
	sqlite3_reset(s->handle);
	return false;
}

bool stmt_run(struct stmt *s, struct error *err)
{
	bool row = true;
	while (row)
		if (!stmt_row(s, &row, err))
			return false;
	return true;
}

int stmt_changes(const struct stmt *s)
{
	return sqlite3_changes(sqlite3_db_handle(s->handle));
}

int64_t stmt_column_int(struct stmt *s, int column)
{
	return sqlite3_column_int64(s->handle, column);
}

bool stmt_column_is_null(struct stmt *s, int column)
{
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

struct span stmt_column(struct stmt *s, int column)
{
	if (stmt_column_is_null(s, column))
		return (struct span){ 0 };
	const void *data = sqlite3_column_blob(s->handle, column);
	return span_make(data ? data : "", (size_t)sqlite3_column_bytes(s->handle, column));
}

bool stmt_exec(sqlite3 *handle, const char *sql, struct error *err)
{
	if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return stmt_error(handle, err);
	return true;
}

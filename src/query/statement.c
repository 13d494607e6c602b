#include "query/statement.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/reader.h"

struct sql_bound {
	int64_t number;
	char *text; /* NULL: a number */
	size_t length;
};

void sql_add(struct sql_text *sql, const char *text)
{
	buf_add_text(&sql->text, text);
}

static struct sql_bound *add_bound(struct sql_text *sql)
{
	buf_add_char(&sql->text, '?');
	sql->bound = xreallocarray(sql->bound, sql->count + 1, sizeof(*sql->bound));
	sql->bound[sql->count] = (struct sql_bound){ 0 };
	return &sql->bound[sql->count++];
}

void sql_bind_int(struct sql_text *sql, int64_t number)
{
	add_bound(sql)->number = number;
}

void sql_bind_text(struct sql_text *sql, struct span text)
{
	assert(text.data);
	struct sql_bound *bound = add_bound(sql);
	bound->text = span_dup(text);
	bound->length = text.length;
}

void sql_text_release(struct sql_text *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		free(sql->bound[i].text);
	free(sql->bound);
	buf_free(&sql->text);
	*sql = (struct sql_text){ 0 };
}

bool statement_failed(sqlite3 *database, struct error *err)
{
	int code = sqlite3_errcode(database) & 0xff;
	if (code == SQLITE_INTERRUPT)
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	enum error_kind kind = code == SQLITE_FORMAT ? ERROR_INTEGRITY : ERROR_STORE;
	error_set(err, kind, "cannot read the store: %s", sqlite3_errmsg(database));
	err->transient = code == SQLITE_BUSY || code == SQLITE_LOCKED;
	return false;
}

bool statement_prepare_text(
	sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement, struct error *err)
{
	sqlite3_stmt *statement;
	if (!reader_lay_views(database, sql, err))
		return false;
	if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
		return statement_failed(database, err);
	*ret_statement = statement;
	return true;
}

bool statement_prepare(sqlite3 *database, const struct sql_text *sql, sqlite3_stmt **ret_statement,
	struct error *err)
{
	sqlite3_stmt *statement;
	if (!statement_prepare_text(database, buf_text(&sql->text), &statement, err))
		return false;
	int code = SQLITE_OK;
	for (size_t i = 0; i < sql->count && code == SQLITE_OK; i++) {
		const struct sql_bound *bound = &sql->bound[i];
		int at = (int)i + 1;
		if (bound->text)
			code = sqlite3_bind_text64(statement, at, bound->text, bound->length,
				SQLITE_TRANSIENT, SQLITE_UTF8);
		else
			code = sqlite3_bind_int64(statement, at, bound->number);
	}
	if (code != SQLITE_OK) {
		statement_failed(database, err);
		sqlite3_finalize(statement);
		return false;
	}
	*ret_statement = statement;
	return true;
}

bool statement_step(sqlite3_stmt *statement, bool *ret_row, struct error *err)
{
	int code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return statement_failed(sqlite3_db_handle(statement), err);
	*ret_row = code == SQLITE_ROW;
	return true;
}

struct span statement_span(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return (struct span){ 0 };
	/* SQLite gives NULL for an empty blob. */
	const char *data = sqlite3_column_blob(statement, column);
	size_t length = (size_t)sqlite3_column_bytes(statement, column);
	return span_make(data ? data : "", length);
}

struct value statement_value(sqlite3_stmt *statement, int column)
{
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		return (struct value){ .kind = VALUE_INTEGER,
			.integer = sqlite3_column_int64(statement, column) };
	case SQLITE_FLOAT:
		return (struct value){ .kind = VALUE_REAL,
			.real = sqlite3_column_double(statement, column) };
	case SQLITE_TEXT:
		return (struct value){ .kind = VALUE_TEXT,
			.text = statement_span(statement, column) };
	case SQLITE_BLOB:
		return (struct value){ .kind = VALUE_BYTES,
			.text = statement_span(statement, column) };
	default:
		return (struct value){ .kind = VALUE_NULL };
	}
}

bool statement_integer(
	sqlite3 *database, const struct sql_text *sql, int64_t *ret_number, struct error *err)
{
	sqlite3_stmt *statement;
	bool row = false;
	if (!statement_prepare(database, sql, &statement, err))
		return false;
	bool ok = statement_step(statement, &row, err);
	if (ok)
		*ret_number = row ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return ok;
}

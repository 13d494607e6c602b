#include "query/sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "query/sql_guard.h"
#include "query/sql_names.h"

struct sql {
	struct sql_guard guard;
	struct cursor *cursor;
};

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n;")] == '\0';
}

/* What SQLite says of the text, on one line. */
static bool not_understood(struct sql *sql, int *ret_offset, struct error *err)
{
	sqlite3 *database = sql->guard.database;
	if (*sql->guard.refused)
		return error_set(err, ERROR_USAGE, "sql only reads: %s", sql->guard.refused);
	if (ret_offset)
		*ret_offset = sqlite3_error_offset(database);
	error_set(err, ERROR_USAGE, "the query is not right: %s", sqlite3_errmsg(database));
	sql_guard_end(&sql->guard);
	sql_names_hint(database, err);
	return false;
}

static bool prepare(struct sql *sql, const char *text, int *ret_offset, struct error *err)
{
	const char *rest = text;
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(sql->guard.database, text, -1, &statement, &rest);
	if (code != SQLITE_OK)
		return not_understood(sql, ret_offset, err);
	if (!statement)
		return error_set(err, ERROR_USAGE, "the query is empty");
	bool reads = sqlite3_stmt_readonly(statement);
	if (!reads || !is_blank(rest)) {
		sqlite3_finalize(statement);
		return error_set(err, ERROR_USAGE,
			reads ? "sql takes one statement at a time" : "sql only reads: no change");
	}
	cursor_new(statement, NULL, &sql->cursor);
	return true;
}

bool sql_open(sqlite3 *database, const char *text, struct sql **ret_sql, int *ret_offset,
	struct error *err)
{
	struct sql *sql = xcalloc(1, sizeof(*sql));
	sql_guard_begin(&sql->guard, database);
	if (!prepare(sql, text, ret_offset, err)) {
		sql_close(sql);
		return false;
	}
	*ret_sql = sql;
	return true;
}

void sql_close(struct sql *sql)
{
	if (!sql)
		return;
	cursor_free(sql->cursor);
	sql_guard_end(&sql->guard);
	free(sql);
}

const struct field_list *sql_fields(const struct sql *sql)
{
	return cursor_fields(sql->cursor);
}

bool sql_next(struct sql *sql, const struct row **ret_row, struct error *err)
{
	if (cursor_next(sql->cursor, ret_row, err))
		return true;
	int code = sqlite3_errcode(sql->guard.database);
	if (*sql->guard.refused)
		error_set(err, ERROR_USAGE, "sql only reads: %s", sql->guard.refused);
	else if (code == SQLITE_ERROR || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH)
		error_set(err, ERROR_USAGE, "the query is not right: %s",
			sqlite3_errmsg(sql->guard.database));
	return false;
}

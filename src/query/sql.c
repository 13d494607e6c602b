#include "query/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/time.h"
#include "base/xalloc.h"

enum { STEPS_PER_LOOK = 10000 }; /* of SQLite's machine, between looks at the clock */

struct sql {
	sqlite3 *database;
	struct cursor *cursor;
	int64_t deadline_ms; /* 0: none */
	int64_t timeout_ms;
	bool overdue;
	char refused[160]; /* what the authorizer did not let pass */
};

/* Pragmas that only tell. With an argument they might change something, unless it names a table. */
static bool is_harmless_pragma(const char *name, const char *argument)
{
	static const struct {
		const char *name;
		bool takes_argument;
	} harmless[] = {
		{ "table_info", true },
		{ "table_xinfo", true },
		{ "table_list", true },
		{ "index_list", true },
		{ "index_info", true },
		{ "index_xinfo", true },
		{ "foreign_key_list", true },
		{ "database_list", false },
		{ "collation_list", false },
		{ "function_list", false },
		{ "pragma_list", false },
		{ "module_list", false },
		{ "compile_options", false },
		{ "data_version", false },
		{ "schema_version", false },
		{ "user_version", false },
		{ "application_id", false },
		{ "page_count", false },
		{ "page_size", false },
		{ "freelist_count", false },
		{ "encoding", false },
		{ "journal_mode", false },
	};
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (sqlite3_stricmp(name, harmless[i].name) == 0)
			return harmless[i].takes_argument || !argument;
	return false;
}

static bool is_harmless_function(const char *name)
{
	static const char *const harmful[] = { "load_extension", "readfile", "writefile", "edit",
		"fts3_tokenizer", "lsmode", "fsdir" };
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (sqlite3_stricmp(name, harmful[i]) == 0)
			return false;
	return true;
}

static int refuse(struct sql *sql, const char *what, const char *name)
{
	snprintf(sql->refused, sizeof(sql->refused), "%s%s%.80s%s", what, name ? " '" : "",
		name ? name : "", name ? "'" : "");
	return SQLITE_DENY;
}

static bool is_schema_table(const char *name)
{
	return sqlite3_stricmp(name, "sqlite_master") == 0 ||
	       sqlite3_stricmp(name, "sqlite_schema") == 0;
}

static int authorize(void *data, int action, const char *first, const char *second,
	const char *database, const char *trigger)
{
	struct sql *sql = data;
	(void)database;
	(void)trigger;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_CREATE_TABLE:
		/* A table-valued function such as json_each declares itself so when it is first
		 * used; a statement that really makes a table does not only read, which is seen
		 * later. */
		return SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
		return is_schema_table(first) ? SQLITE_OK : refuse(sql, "no change", NULL);
	case SQLITE_FUNCTION:
		return is_harmless_function(second) ? SQLITE_OK
						    : refuse(sql, "no function", second);
	case SQLITE_PRAGMA:
		return is_harmless_pragma(first, second) ? SQLITE_OK
							 : refuse(sql, "no pragma", first);
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(sql, "no other files", NULL);
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return refuse(sql, "no transactions", NULL);
	default:
		return refuse(sql, "no change", NULL);
	}
}

static int look_at_clock(void *data)
{
	struct sql *sql = data;
	sql->overdue = clock_monotonic_ms() >= sql->deadline_ms;
	return sql->overdue;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n;")] == '\0';
}

/* What SQLite says of the text, on one line. */
static bool not_understood(const struct sql *sql, struct error *err)
{
	if (*sql->refused)
		return error_set(err, ERROR_USAGE, "sql only reads: %s", sql->refused);
	return error_set(
		err, ERROR_USAGE, "the query is not right: %s", sqlite3_errmsg(sql->database));
}

static bool prepare(struct sql *sql, const char *text, struct error *err)
{
	const char *rest = text;
	sqlite3_stmt *statement = NULL;
	sqlite3_set_authorizer(sql->database, authorize, sql);
	int code = sqlite3_prepare_v2(sql->database, text, -1, &statement, &rest);
	sqlite3_set_authorizer(sql->database, NULL, NULL);
	if (code != SQLITE_OK)
		return not_understood(sql, err);
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

bool sql_open(sqlite3 *database, const char *text, int64_t timeout_ms, struct sql **ret_sql,
	struct error *err)
{
	struct sql *sql = xcalloc(1, sizeof(*sql));
	sql->database = database;
	if (!prepare(sql, text, err)) {
		sql_close(sql);
		return false;
	}
	if (timeout_ms > 0) {
		sql->timeout_ms = timeout_ms;
		sql->deadline_ms = clock_monotonic_ms() + timeout_ms;
		sqlite3_progress_handler(database, STEPS_PER_LOOK, look_at_clock, sql);
	}
	*ret_sql = sql;
	return true;
}

void sql_close(struct sql *sql)
{
	if (!sql)
		return;
	sqlite3_progress_handler(sql->database, 0, NULL, NULL);
	cursor_free(sql->cursor);
	free(sql);
}

const struct field_list *sql_fields(const struct sql *sql)
{
	return cursor_fields(sql->cursor);
}

bool sql_next(struct sql *sql, const struct row **ret_row, struct error *err)
{
	char timeout[TIME_TEXT_SIZE];
	if (cursor_next(sql->cursor, ret_row, err))
		return true;
	if (!sql->overdue)
		return false;
	time_format_duration(sql->timeout_ms, timeout);
	return error_set(err, ERROR_STORE,
		"cannot finish the query within %s; --timeout gives it longer", timeout);
}

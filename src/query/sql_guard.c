#include "query/sql_guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Pragmas that only tell. With an argument they might change something, unless it names a table or
 * how much to tell. (Not journal_mode: to ask for it is the same to SQLite as to change it.) */
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
		{ "integrity_check", true },
		{ "quick_check", true },
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
	};
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (sqlite3_stricmp(name, harmless[i].name) == 0)
			return harmless[i].takes_argument || !argument;
	return false;
}

/* Most of them are the shell's and not here; nobody shall come to rely on that. */
static bool is_harmless_function(const char *name)
{
	static const char *const harmful[] = { "load_extension", "readfile", "writefile", "edit",
		"fts3_tokenizer", "lsmode", "fsdir", "zipfile", "sqlite_log" };
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (sqlite3_stricmp(name, harmful[i]) == 0)
			return false;
	return true;
}

static int refuse(struct sql_guard *guard, const char *what, const char *name)
{
	snprintf(guard->refused, sizeof(guard->refused), "%s%s%.80s%s", what, name ? " '" : "",
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
	struct sql_guard *guard = data;
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
		return is_schema_table(first) ? SQLITE_OK : refuse(guard, "no change", NULL);
	case SQLITE_FUNCTION:
		return is_harmless_function(second) ? SQLITE_OK
						    : refuse(guard, "no function", second);
	case SQLITE_PRAGMA:
		return is_harmless_pragma(first, second) ? SQLITE_OK
							 : refuse(guard, "no pragma", first);
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(guard, "no other files", NULL);
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return refuse(guard, "no transactions", NULL);
	default:
		return refuse(guard, "no change", NULL);
	}
}

void sql_guard_begin(struct sql_guard *guard, sqlite3 *database)
{
	*guard = (struct sql_guard){ .database = database };
	/* What the authorizer is never asked about: other files behind VACUUM INTO, schemas of
	 * hostile files that call functions with effects, and extensions. */
	sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_set_authorizer(database, authorize, guard);
}

void sql_guard_end(struct sql_guard *guard)
{
	sqlite3_set_authorizer(guard->database, NULL, NULL);
}

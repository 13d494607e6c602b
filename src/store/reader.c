#include "store/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "store/files.h"
#include "store/functions.h"
#include "store/schema.h"
#include "store/stmt.h"

/* Nothing more can come: no WAL, or an empty one, and nobody writes. Then SQLite needs no -shm,
 * which a read-only medium could not have. */
static bool is_still(const char *path)
{
	struct stat wal;
	char *wal_path = xasprintf("%s-wal", path);
	bool still = stat(wal_path, &wal) != 0 || wal.st_size == 0;
	free(wal_path);
	return still;
}

/* path as a file: URI. */
static char *uri_of(const char *path, bool immutable)
{
	struct buf uri = { 0 };
	buf_add_text(&uri, "file:");
	for (const char *at = path; *at; at++) {
		if (strchr("?#%", *at))
			buf_addf(&uri, "%%%02x", (unsigned char)*at);
		else
			buf_add_char(&uri, *at);
	}
	buf_addf(&uri, "?mode=ro%s", immutable ? "&immutable=1" : "");
	return buf_take(&uri);
}

static bool try_open(const char *path, bool immutable, sqlite3 **ret_handle, struct error *err)
{
	sqlite3 *handle = NULL;
	char *uri = uri_of(path, immutable);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(uri, &handle, flags, NULL);
	free(uri);
	/* The first read is what needs the -shm. */
	if (result == SQLITE_OK) {
		sqlite3_busy_timeout(handle, 5000);
		result = sqlite3_exec(
			handle, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
	}
	if (result != SQLITE_OK) {
		stmt_error(handle, err);
		sqlite3_close(handle);
		return false;
	}
	*ret_handle = handle;
	return true;
}

bool reader_lay_views(sqlite3 *database, const char *sql, struct error *err)
{
	struct buf views = { 0 };
	schema_temp_views(sql, &views);
	bool ok = views.length == 0 || (stmt_exec(database, "PRAGMA query_only = 0", err) &&
					       stmt_exec(database, buf_text(&views), err) &&
					       stmt_exec(database, "PRAGMA query_only = 1", err));
	buf_free(&views);
	return ok;
}

bool reader_open(const char *path, sqlite3 **ret_database, struct error *err)
{
	sqlite3 *handle;
	if (!reader_open_bare(path, &handle, err))
		return false;
	if (!reader_lay_views(handle, NULL, err)) {
		sqlite3_close(handle);
		return error_prefix(err, "cannot open the store '%s'", path);
	}
	*ret_database = handle;
	return true;
}

bool reader_open_bare(const char *path, sqlite3 **ret_database, struct error *err)
{
	sqlite3 *handle = NULL;
	struct stat st;
	/* Counting each allocation under a lock costs a tenth of a short answer. Refused,
	 * harmlessly, where SQLite is in use already. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (stat(path, &st) != 0)
		return error_set(err, ERROR_STORE, "cannot open the store '%s': %s%s", path,
			strerror(errno),
			errno == ENOENT ? "; 'portlog record' or 'portlog import' begins one, "
					  "--store names another"
					: "");
	if (!files_check_journal(path, err))
		return error_prefix(err, "cannot open the store '%s'", path);
	if (!try_open(path, false, &handle, err) &&
		!(is_still(path) && try_open(path, true, &handle, err)))
		return error_prefix(err, "cannot open the store '%s'", path);
	/* A small cache is used again and again; a large one is new memory for each page, which
	 * takes as long as reading the page from the system's cache. */
	if (schema_check(handle, err) && functions_register(handle, err) &&
		stmt_exec(handle, "PRAGMA query_only = 1; PRAGMA cache_size = -2000", err)) {
		*ret_database = handle;
		return true;
	}
	sqlite3_close(handle);
	return error_prefix(err, "cannot open the store '%s'", path);
}

void reader_close(sqlite3 *database)
{
	sqlite3_close(database);
}

uint64_t reader_bodies_unpacked(sqlite3 *database)
{
	return functions_bodies_unpacked(database);
}

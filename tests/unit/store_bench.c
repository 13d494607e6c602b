#include "store_bench.h"

#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "store/reader.h"

char *store_rows(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	struct error err = { 0 };
	struct buf text = { 0 };
	if (!reader_open(path, &db, &err))
		fail_msg("%s", err.text);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const char *value = (const char *)sqlite3_column_text(s, i);
			buf_addf(&text, "%s%s", i ? "|" : "", value ? value : "NULL");
		}
		buf_add_char(&text, '\n');
	}
	sqlite3_finalize(s);
	reader_close(db);
	return buf_take(&text);
}

void store_remove(const char *path)
{
	static const char *const endings[] = { "", "-wal", "-shm", ".lock" };
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char *file = xasprintf("%s%s", path, endings[i]);
		unlink(file);
		free(file);
	}
}

/* SQL that users write: it reads, and can do nothing else. */
#ifndef PORTLOG_QUERY_SQL_H
#define PORTLOG_QUERY_SQL_H

#include "query/cursor.h"

struct sql;

/* One statement. ERROR_USAGE where it is not SQL, not one, or would do more than read: write,
 * attach a file, load an extension, change a setting. timeout_ms: 0 is none. */
bool sql_open(sqlite3 *database, const char *text, int64_t timeout_ms, struct sql **ret_sql,
	struct error *err);
void sql_close(struct sql *sql);

/* Its rows. cursor_next fails with ERROR_STORE when the time is up. */
const struct field_list *sql_fields(const struct sql *sql);
bool sql_next(struct sql *sql, const struct row **ret_row, struct error *err);

#endif

/* SQL that users write: it reads, and can do nothing else. */
#ifndef PORTLOG_QUERY_SQL_H
#define PORTLOG_QUERY_SQL_H

#include "query/cursor.h"

struct sql;

/* One statement. ERROR_USAGE where it is not SQL, not one, or would do more than read: write,
 * attach a file, load an extension, change a setting. ret_offset (may be NULL, and is left alone
 * where nobody knows): the byte of text where SQLite stumbled. */
bool sql_open(sqlite3 *database, const char *text, struct sql **ret_sql, int *ret_offset,
	struct error *err);
void sql_close(struct sql *sql);

/* Its rows, as those of a cursor. ERROR_USAGE where the fault is the query's (an overflow). */
const struct field_list *sql_fields(const struct sql *sql);
bool sql_next(struct sql *sql, const struct row **ret_row, struct error *err);

#endif

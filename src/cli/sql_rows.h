/* The rows of a statement of SQL, written to stdout. */
#ifndef PORTLOG_CLI_SQL_ROWS_H
#define PORTLOG_CLI_SQL_ROWS_H

#include <stdio.h>

#include "cli/command.h"
#include "query/sql.h"

/* Starts as { call, format, console }. */
struct sql_rows {
	struct invocation *call;
	int format;   /* enum render_format */
	bool console; /* more statements follow: a pager only where the rows need one */
	int64_t count;
	FILE *kept;         /* what sql_rows_show shows */
	int64_t kept_bytes; /* in it */
};

/* Reads the statement to its end. A user's query can't be read in pages, it keeps its view of the
 * store until it ends, and the recorder's WAL grows until then; so it must not wait for a pager, or
 * for whoever reads. What goes to a terminal is kept in a temporary file, and so is the rest of
 * what goes to a pipe as soon as it is not read for a second. */
bool sql_rows_read(struct sql_rows *rows, struct sql *sql, struct error *err);
/* When the statement is closed: shows what was kept, through the pager. */
void sql_rows_show(struct sql_rows *rows);
void sql_rows_release(struct sql_rows *rows);

#endif

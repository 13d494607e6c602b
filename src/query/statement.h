/* SQL that is put together from rows of our own tables, with every value bound, and what comes of
 * running it. */
#ifndef PORTLOG_QUERY_STATEMENT_H
#define PORTLOG_QUERY_STATEMENT_H

#include <sqlite3.h>

#include "query/field.h"

/* A statement's text and the values of its question marks, in order. Starts as { 0 }. */
struct sql_text {
	struct buf text;
	struct sql_bound *bound;
	size_t count;
};

void sql_add(struct sql_text *sql, const char *text);
void sql_bind_int(struct sql_text *sql, int64_t number);    /* adds "?" */
void sql_bind_text(struct sql_text *sql, struct span text); /* adds "?"; text is copied */
void sql_text_release(struct sql_text *sql);

/* Compiles and binds; finalize with sqlite3_finalize. */
bool statement_prepare(sqlite3 *database, const struct sql_text *sql, sqlite3_stmt **ret_statement,
	struct error *err);
bool statement_prepare_text(
	sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement, struct error *err);
/* ret_row: there is one. */
bool statement_step(sqlite3_stmt *statement, bool *ret_row, struct error *err);
/* Borrowed until the next step. */
struct value statement_value(sqlite3_stmt *statement, int column);
struct span statement_span(sqlite3_stmt *statement, int column); /* absent where NULL */

/* What SQLite said, as an error; returns false. */
bool statement_failed(sqlite3 *database, struct error *err);
/* The one integer that the statement gives; 0 where it gives none. */
bool statement_integer(
	sqlite3 *database, const struct sql_text *sql, int64_t *ret_number, struct error *err);

#endif

/* The rows of one statement, as they come: for what is small, and for SQL that users write. */
#ifndef PORTLOG_QUERY_CURSOR_H
#define PORTLOG_QUERY_CURSOR_H

#include <sqlite3.h>

#include "query/field.h"

struct cursor;

/* Takes the statement over, whatever comes of it. fields: what its columns are, ended by a row
 * without a name; NULL: as the columns are called, each name once ("a", "a_2"). */
void cursor_new(
	sqlite3_stmt *statement, const struct view_field *fields, struct cursor **ret_cursor);
void cursor_free(struct cursor *cursor);

const struct field_list *cursor_fields(const struct cursor *cursor);
/* ret_row: NULL at the end; borrowed until the next. */
bool cursor_next(struct cursor *cursor, const struct row **ret_row, struct error *err);
/* The value of the row that was given last; VALUE_NULL where there is no such column. */
struct value cursor_value(const struct cursor *cursor, const char *name);

#endif

/* The words of SQL on a store: views, their columns, functions, keywords. For completion, and for
 * saying what was probably meant. */
#ifndef PORTLOG_QUERY_SQL_NAMES_H
#define PORTLOG_QUERY_SQL_NAMES_H

#include <sqlite3.h>

#include "base/error.h"
#include "base/text_list.h"

struct sql_view {
	char *name;
	struct text_list columns;
};

/* Starts as { 0 }. In the order of the store's views. */
struct sql_names {
	struct sql_view *views;
	size_t count;
	struct text_list functions;
	struct text_list keywords; /* upper case */
};

bool sql_names_read(sqlite3 *database, struct sql_names *names, struct error *err);
void sql_names_release(struct sql_names *names);
/* NULL: there is none of that name, without regard to case. */
const struct sql_view *sql_names_view(const struct sql_names *names, const char *name);

/* Appends "; did you mean 'entity'?" to what SQLite says of a name that it does not know, where one
 * is near. */
void sql_names_hint(sqlite3 *database, struct error *err);

#endif

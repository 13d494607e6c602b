/* What SQL that users write may do: read. SQLite asks before each thing that a statement would do;
 * what is not known to be harmless is refused. The connection is read-only besides. */
#ifndef PORTLOG_QUERY_SQL_GUARD_H
#define PORTLOG_QUERY_SQL_GUARD_H

#include <sqlite3.h>

struct sql_guard {
	sqlite3 *database;
	char refused[160]; /* what was not let pass last */
};

/* From here until sql_guard_end the connection compiles and runs nothing else, also what SQLite's
 * own tables compile while a statement runs. The guard must stay where it is. */
void sql_guard_begin(struct sql_guard *guard, sqlite3 *database);
void sql_guard_end(struct sql_guard *guard);

#endif

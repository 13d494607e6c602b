/* What the SQLite that is loaded is known to do wrong where it matters here. */
#include <stddef.h>

#include <sqlite3.h>

#include "store/store.h"

const char *store_sqlite_known_harm(void)
{
	if (sqlite3_libversion_number() >= 3051003)
		return NULL;
	return "SQLite before 3.51.3 can damage a WAL database when two connections checkpoint it "
	       "at once; "
	       "portlog lets the recorder alone do that: let no other program write to the store";
}

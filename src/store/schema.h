/* Tables, their versions, and the views. */
#ifndef PORTLOG_STORE_SCHEMA_H
#define PORTLOG_STORE_SCHEMA_H

#include <stdbool.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/error.h"

/* Of a portlog store, in PRAGMA application_id: "plog". */
enum { SCHEMA_APPLICATION_ID = 0x706c6f67 };

/* The user_version that this portlog writes. */
int schema_version(void);

/* Makes the tables or brings older ones up to date, one transaction per step, and the views. Needs
 * the write handle. ERROR_STORE for a newer store or another program's file. */
bool schema_migrate(sqlite3 *handle, struct error *err);
/* Whether a reader can use the file as it is. */
bool schema_check(sqlite3 *handle, struct error *err);
/* What lays the views over the stored ones as TEMP views, with values unpacked by portlog_body():
 * those that the statement names (NULL: all). Nothing where it names none. */
void schema_temp_views(const char *sql, struct buf *out);

#endif

/* portlog's SQL functions: portlog_body, portlog_lost, portlog_match and portlog_member (see
 * store/reader.h). Where they find that stored bytes are not what they were, the statement fails
 * with SQLITE_FORMAT, which SQLite itself does not use: an ERROR_INTEGRITY. */
#ifndef PORTLOG_STORE_FUNCTIONS_H
#define PORTLOG_STORE_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

bool functions_register(sqlite3 *handle, struct error *err);
uint64_t functions_bodies_unpacked(sqlite3 *handle);

#endif

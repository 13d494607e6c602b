/* portlog's SQL functions: portlog_body, portlog_match and portlog_member (see store/reader.h). */
#ifndef PORTLOG_STORE_FUNCTIONS_H
#define PORTLOG_STORE_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

bool functions_register(sqlite3 *handle, struct error *err);
uint64_t functions_bodies_unpacked(sqlite3 *handle);

#endif

/* Every record as a line of JSON (event/record_line.h). */
#ifndef PORTLOG_RECORD_EXPORT_H
#define PORTLOG_RECORD_EXPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct sqlite3;

/* Takes a line, with its line feed; false: no more is wanted. */
typedef bool export_write(void *data, struct span line);

/* reader is as reader_open gives it. May run beside a recorder: it ends with what was the last
 * record when it got there. */
bool export_store(struct sqlite3 *reader, export_write *write, void *data, struct error *err);

#endif

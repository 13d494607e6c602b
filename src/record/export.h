/* Every record as a line of JSON (event/record_line.h). */
#ifndef PORTLOG_RECORD_EXPORT_H
#define PORTLOG_RECORD_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct sqlite3;

/* reader is as reader_open gives it. May run beside a recorder: it ends with what was the last
 * record when it got there. A reader that went away (closed pipe) is no error. */
bool export_store(struct sqlite3 *reader, FILE *out, struct error *err);

#endif

/* Writing to stdout so that why it failed can still be said at the end. */
#ifndef PORTLOG_CLI_OUTPUT_H
#define PORTLOG_CLI_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* False where it cannot be written (any more): time to stop. No error is set, as output_finish
 * tells it. */
bool output_write(struct span text);
bool output_flush(void);

/* Writes what is left. What could not be written is an error, apart from a pipe that nobody reads
 * any more. */
bool output_finish(struct error *err);

#endif

/* What is wrong with a statement, and where: the line of it with a mark below. */
#ifndef PORTLOG_CLI_SQL_MISTAKE_H
#define PORTLOG_CLI_SQL_MISTAKE_H

#include "base/buf.h"
#include "base/error.h"

/* offset: the byte of text; -1: nobody knows, and nothing is marked. Safe for a terminal of that
 * width. */
void sql_mistake(
	const struct error *err, struct span text, int offset, size_t width, struct buf *out);

#endif

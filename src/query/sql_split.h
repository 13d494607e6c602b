/* Where a statement of SQL ends, in a text that comes line by line: at a semicolon that is in no
 * quotes and no comment. */
#ifndef PORTLOG_QUERY_SQL_SPLIT_H
#define PORTLOG_QUERY_SQL_SPLIT_H

#include <stdbool.h>

#include "base/buf.h"

/* Starts as { 0 }, and again for each statement. */
struct sql_split {
	size_t at;     /* looked at so far */
	char inside;   /* what ends the quotes, '-' or '*' for a comment; '\0': none */
	bool has_word; /* there is more than blanks and comments */
};

/* Goes on where it ended last: text may have grown since. True at the end of a statement, which is
 * text up to split->at; false where more text is needed. */
bool sql_split(struct sql_split *split, struct span text);

#endif

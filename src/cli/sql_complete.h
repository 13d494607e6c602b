/* Which words of SQL, or which command, may stand at the cursor. */
#ifndef PORTLOG_CLI_SQL_COMPLETE_H
#define PORTLOG_CLI_SQL_COMPLETE_H

#include "base/buf.h"
#include "query/sql_names.h"

/* before: the lines of the statement above this one. The words are sorted, each once; ret_typed is
 * how many bytes before the cursor are the beginning of each. */
void sql_complete(const struct sql_names *names, struct span before, struct span line,
	size_t cursor, size_t *ret_typed, struct text_list *ret_words);

#endif

/* A statement of SQL run to its end, in a process of its own where it may have to be ended. */
#ifndef PORTLOG_CLI_SQL_STATEMENT_H
#define PORTLOG_CLI_SQL_STATEMENT_H

#include "cli/command.h"

struct sql_statement {
	struct invocation *call;
	const char *text;
	int format;         /* enum render_format */
	int64_t timeout_ms; /* 0: none */
	bool console;       /* Ctrl-C ends the statement and not the program */
};

struct sql_outcome {
	bool ok;
	int offset; /* in the text, where it is wrong; -1: nobody knows */
	int64_t rows;
	int64_t took_ms; /* without what the user takes to read */
	struct error err;
};

/* Runs it here, on call->reader, where that is open: then the end of its time ends the program.
 * Else, in a console, in a child with a connection of its own. SQLite can spend hours in one
 * function of its own (instr, replace on long texts) and looks at no clock there, so it must be
 * ended from outside. As it only reads, nothing is lost with it. */
void sql_statement_run(const struct sql_statement *statement, struct sql_outcome *ret_outcome);

#endif

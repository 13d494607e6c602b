/* What is typed to 'portlog sql', line by line, on a terminal or not: statements that end with a
 * semicolon, and commands of one line that begin with a dot. */
#ifndef PORTLOG_CLI_SQL_SESSION_H
#define PORTLOG_CLI_SQL_SESSION_H

#include "cli/command.h"
#include "query/sql_names.h"
#include "query/sql_split.h"

/* Starts as { call, format, timeout_ms, console }. */
struct sql_session {
	struct invocation *call;
	int format;         /* enum render_format */
	int64_t timeout_ms; /* of a statement; 0: none */
	bool console;       /* on a terminal: what goes wrong is said and does not end it */
	bool timer;
	bool left;   /* .quit */
	size_t done; /* statements and commands */
	struct sql_names names;
	struct buf pending; /* the statement that has not ended yet */
	struct sql_split split;
};

/* Takes a line, without its end, and runs what it completes. In a console true, whatever comes of
 * it. */
bool sql_session_line(struct sql_session *session, const char *line, struct error *err);
/* There are no more lines: what is pending is a statement, too. */
bool sql_session_end(struct sql_session *session, struct error *err);
/* A statement has begun. */
bool sql_session_is_pending(const struct sql_session *session);
void sql_session_drop(struct sql_session *session); /* what is pending */

/* The names are there; they are read once. */
bool sql_session_names(struct sql_session *session, struct error *err);
void sql_session_release(struct sql_session *session);

#endif

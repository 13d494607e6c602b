/* Commands of 'portlog sql' that are no SQL: .help, .schema … Each is a row of one table. */
#ifndef PORTLOG_CLI_SQL_COMMANDS_H
#define PORTLOG_CLI_SQL_COMMANDS_H

#include "cli/sql_session.h"

/* What can stand behind a command. */
enum sql_argument {
	SQL_ARGUMENT_NONE,
	SQL_ARGUMENT_VIEW,
	SQL_ARGUMENT_FORMAT,
	SQL_ARGUMENT_SWITCH, /* on, off */
	SQL_ARGUMENT_TIME,
};

struct sql_command {
	const char *name; /* with its dot */
	enum sql_argument takes;
	const char *shown; /* the argument, as the help calls it; "": none */
	const char *help;
	bool (*run)(struct sql_session *session, const char *argument, struct error *err);
};
extern const struct sql_command sql_commands[]; /* ended by one without a name */

/* The line is a command: it begins with a dot, or is "help", "exit" or "quit". */
bool sql_command_is(const char *line);
bool sql_command_run(struct sql_session *session, const char *line, struct error *err);
/* The command of that name, or the only one that begins so; NULL. */
const struct sql_command *sql_command_find(struct span name);

#endif

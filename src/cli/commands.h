/* Every command, in the order the help lists them: one X(NAME) per line, for cmd_NAME. */
#ifndef PORTLOG_CLI_COMMANDS_H
#define PORTLOG_CLI_COMMANDS_H

#define COMMANDS(X)   \
	X(record)     \
	X(status)     \
	X(log)        \
	X(runs)       \
	X(records)    \
	X(executions) \
	X(show)       \
	X(diff)       \
	X(blame)      \
	X(why)        \
	X(stats)      \
	X(dry_run)    \
	X(sql)        \
	X(import)     \
	X(export)     \
	X(reindex)    \
	X(check)      \
	X(demo)       \
	X(help)       \
	X(complete)

#endif

/* The command line: finds the command, opens what it needs, runs it, says what went wrong. */
#ifndef PORTLOG_CLI_CLI_H
#define PORTLOG_CLI_CLI_H

/* Returns the exit status (portlog(1), "Exit status"). */
int cli_main(int argc, char **argv);

#endif

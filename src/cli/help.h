/* Help, made from the rows that parse the command line. */
#ifndef PORTLOG_CLI_HELP_H
#define PORTLOG_CLI_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct command;

/* All commands and the global options. */
void help_overview(size_t width, struct buf *out);
void help_command(const struct command *command, size_t width, struct buf *out);
/* To stdout, which may have no UTF-8. */
void help_write(const struct buf *help);
/* The command of that name; else an error with the nearest right one. */
bool help_find(const char *name, const struct command **ret_command, struct error *err);

#endif

/* What was typed before, kept in a file for the next time: an entry a line, with line feeds and
 * backslashes as \n and \\. Losing it is no reason to fail: then there is none. */
#ifndef PORTLOG_CLI_LINE_HISTORY_H
#define PORTLOG_CLI_LINE_HISTORY_H

#include "base/text_list.h"

/* $XDG_STATE_HOME/portlog/NAME, else ~/.local/state/portlog/NAME; NULL where neither is known. The
 * text is yours. */
char *line_history_path(const char *name);
/* Oldest first. A file that has grown too long is cut. */
void line_history_load(const char *path, struct text_list *ret_entries);
/* Adds to the file, which nobody else may read; makes it, and its directory. */
void line_history_add(const char *path, const char *entry);

#endif

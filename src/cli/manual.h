/* Pages of the manual: prose, written by hand in mdoc, and what the program knows of itself, put in
 * where the prose says so. Used when portlog is built, not by portlog. */
#ifndef PORTLOG_CLI_MANUAL_H
#define PORTLOG_CLI_MANUAL_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the prose. A line that is one of these is replaced:
 *	@HEAD@		NAME and SYNOPSIS of the command
 *	@OPTIONS@	the section OPTIONS of the command
 *	@COMMANDS@	a list of all commands
 *	@GLOBAL@	a list of the global options
 *	@FILTERS@	a list of the filters
 * page: "portlog-log" for the command log, or "portlog". */
bool manual_page(const char *page, struct span prose, struct buf *out, struct error *err);

#endif

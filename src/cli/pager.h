/* Long output on a terminal goes through a pager, as git does it: PORTLOG_PAGER, else PAGER, else
 * less if the terminal can do more than print; none if that is empty or "cat". */
#ifndef PORTLOG_CLI_PAGER_H
#define PORTLOG_CLI_PAGER_H

#include <stdbool.h>

#include "base/error.h"

/* From here on stdout is the pager's input. Does nothing where no pager can be started. To be
 * called at most once, and before anything was written. */
void pager_start(void);
/* Writes what is left and waits until the user leaves the pager; does nothing where none runs.
 * False where there was no such program. */
bool pager_finish(struct error *err);

#endif

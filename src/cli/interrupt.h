/* Ctrl-C during long work: the work ends at its next tick, and nothing is half done. */
#ifndef PORTLOG_CLI_INTERRUPT_H
#define PORTLOG_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT and SIGTERM set the flag instead of ending the process; a second one ends it.
 */
void interrupt_watch(void);
bool interrupted(void);

#endif

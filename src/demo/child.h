/* Child processes of the demo: this very program again, as a user would call it, but with nothing
 * of the user's own portlog in its environment. */
#ifndef PORTLOG_DEMO_CHILD_H
#define PORTLOG_DEMO_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text_list.h"

struct child {
	pid_t pid;
	int status; /* as waitpid has it, once has_ended */
	bool has_ended;
};

struct child_settings {
	const struct text_list *arguments;
	const struct text_pairs *environment; /* set in addition */
	const char *output; /* a file for all that it prints; NULL: where we print */
	bool apart;         /* Ctrl-C is not for it: it ends when we say so, or are no more */
};

bool child_start(const struct child_settings *settings, struct child *ret_child, struct error *err);
/* Whether it has ended; does not wait. */
bool child_has_ended(struct child *child);
/* Waits for its end. */
void child_wait(struct child *child);
/* Asks it to end (SIGTERM) and waits for at most that long, then ends it. */
void child_stop(struct child *child, int64_t timeout_ms);

#endif

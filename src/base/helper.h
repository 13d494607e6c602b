/* This program once more, as a helper process: /proc/self/exe called with one word, an empty
 * environment, and a socket to us on descriptor 0. It is in a session of its own, so that a
 * terminal's signals do not reach it, and ignores none. */
#ifndef PORTLOG_BASE_HELPER_H
#define PORTLOG_BASE_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

struct helper_settings {
	const char *word;
	int socket_type; /* SOCK_STREAM … */
	bool blocked;    /* all signals are, else none */
};

/* For main: whether we are that. A person who types the word has no socket there. */
bool helper_is_called(const struct helper_settings *settings, int argc, char *const *argv);

struct pids {
	pid_t *items;
	size_t count, capacity;
};

/* Those that were started and are not said to have ended. No other is started until they are
 * unlocked. */
const struct pids *helpers_lock(void);
void helpers_unlock(void);

/* ret_socket is our end, closed on exec. The error (transient) does not say what for. */
bool helper_start(
	const struct helper_settings *settings, pid_t *ret_pid, int *ret_socket, struct error *err);
/* It was waited for. */
void helper_ended(pid_t pid);

/* Writes all of it, waiting where it must. False: errno says why. */
bool helper_write(int descriptor, struct span bytes);

#endif

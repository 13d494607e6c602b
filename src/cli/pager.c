#include "cli/pager.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/terminal.h"

#define CANNOT_START "cannot start the pager: see PORTLOG_PAGER and PAGER, or use --no-pager"

/* The pager's process; 0: none. The signal handler needs it. */
static volatile sig_atomic_t pager_process;

/* False where there is no such program. */
static bool wait_for_pager(void)
{
	int how = 0;
	while (waitpid((pid_t)pager_process, &how, 0) < 0 && errno == EINTR)
		;
	return !(WIFEXITED(how) && WEXITSTATUS(how) == 127);
}

/* Whoever ends us must not leave the pager behind with the terminal: it is told that there is no
 * more, and waited for. Only calls that are safe in a signal handler. */
static void interrupted(int signal_number)
{
	if (pager_process) {
		close(STDOUT_FILENO);
		if (!wait_for_pager()) {
			static const char line[] = "portlog: " CANNOT_START "\n";
			ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
			(void)written;
			_exit(4);
		}
	}
	/* The user has left the pager before the end: that is no failure. */
	_exit(signal_number == SIGPIPE ? 0 : 128 + signal_number);
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;
	for (const char *part = path ? path : ""; *part && !found; part += *part == ':') {
		size_t length = strcspn(part, ":");
		char *file = xasprintf("%.*s/%s", (int)length, part, program);
		found = access(file, X_OK) == 0;
		free(file);
		part += length;
	}
	return found;
}

/* NULL: no pager. */
static const char *pager_command(void)
{
	const char *command = getenv("PORTLOG_PAGER");
	if (!command)
		command = getenv("PAGER");
	if (!command)
		command = in_path("less") && !terminal_is_dumb() ? "less" : NULL;
	return command && *command && strcmp(command, "cat") != 0 ? command : NULL;
}

/* less takes our colours with R alone, which the user's own LESS may not have; and in a small
 * container without the locale's files it does not know UTF-8 by the locale's name. */
static void prepare_less(void)
{
	const char *own = getenv("LESS");
	char *flags = own ? xasprintf("-R %s", own) : xstrdup("FRX");
	setenv("LESS", flags, 1);
	free(flags);
	if (terminal_locale_is_utf8())
		setenv("LESSCHARSET", "utf-8", 0);
}

static void become_pager(const char *command, int input)
{
	dup2(input, STDIN_FILENO);
	close(input);
	prepare_less();
	setenv("LV", "-c", 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void pager_start(void)
{
	const char *command = pager_command();
	int ends[2];
	if (!command || pipe(ends) != 0)
		return;
	fflush(stdout);
	pid_t process = fork();
	if (process == 0) {
		close(ends[1]);
		become_pager(command, ends[0]);
	}
	close(ends[0]);
	if (process > 0) {
		dup2(ends[1], STDOUT_FILENO);
		pager_process = (sig_atomic_t)process;
		struct sigaction action = { .sa_handler = interrupted };
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		sigaction(SIGHUP, &action, NULL);
		sigaction(SIGPIPE, &action, NULL);
	}
	close(ends[1]);
}

bool pager_finish(struct error *err)
{
	if (!pager_process)
		return true;
	fflush(stdout);
	close(STDOUT_FILENO);
	bool there = wait_for_pager();
	pager_process = 0;
	return there || error_set(err, ERROR_STORE, CANNOT_START);
}

#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The signal flag (conventions: the one global besides the log level). */
static volatile sig_atomic_t caught;

static void handle(int signal_number)
{
	(void)signal_number;
	caught = 1;
}

void interrupt_watch(void)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = (int)SA_RESETHAND };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
	return caught != 0;
}

#include "record/ending.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"

struct ending {
	int64_t within_ms;
	int signals; /* is only looked at: what is pending stays for the main thread */
	int told;
};

static void *watch(void *data)
{
	const struct ending *e = data;
	struct pollfd begins[] = {
		{ .fd = e->signals, .events = POLLIN },
		{ .fd = e->told, .events = POLLIN },
	};
	while (poll(begins, sizeof(begins) / sizeof(begins[0]), -1) <= 0)
		;
	struct timespec left = { .tv_sec = e->within_ms / 1000,
		.tv_nsec = e->within_ms % 1000 * 1000000 };
	while (nanosleep(&left, &left) != 0)
		;
	_exit(0);
}

struct ending *ending_watch(int64_t within_ms)
{
	struct ending *e = xcalloc(1, sizeof(*e));
	pthread_t thread;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	e->within_ms = within_ms;
	e->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	e->told = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->signals >= 0 && e->told >= 0 && pthread_create(&thread, NULL, watch, e) == 0) {
		pthread_detach(thread);
		return e;
	}
	close(e->signals);
	close(e->told);
	free(e);
	return NULL;
}

void ending_begin(struct ending *e)
{
	static const uint64_t one = 1;
	if (!e)
		return;
	ssize_t written = write(e->told, &one, sizeof(one));
	(void)written;
}

#include "record/ending.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { MOST_MS = 60000 }; /* of one poll */

struct ending {
	int64_t within_ms;
	atomic_llong deadline_ms; /* monotonic; 0: not ending */
	int signals;              /* is only looked at: what is pending stays for the main thread */
	int told;
};

static void *watch(void *data)
{
	struct ending *e = data;
	struct pollfd begins[] = {
		{ .fd = e->signals, .events = POLLIN },
		{ .fd = e->told, .events = POLLIN },
	};
	while (poll(begins, sizeof(begins) / sizeof(begins[0]), -1) <= 0)
		;
	/* Unless the main thread has said until when: it may have read the signal before us. */
	long long unset = 0;
	atomic_compare_exchange_strong(
		&e->deadline_ms, &unset, clock_monotonic_ms() + e->within_ms);
	struct pollfd told = begins[1];
	for (int64_t left_ms;
		(left_ms = atomic_load(&e->deadline_ms) - clock_monotonic_ms()) > 0;) {
		uint64_t events;
		poll(&told, 1, left_ms < MOST_MS ? (int)left_ms : MOST_MS);
		ssize_t taken = read(e->told, &events, sizeof(events));
		(void)taken;
	}
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

void ending_begin(struct ending *e, int64_t within_ms)
{
	static const uint64_t one = 1;
	if (!e)
		return;
	atomic_store(&e->deadline_ms, clock_monotonic_ms() + within_ms);
	ssize_t written = write(e->told, &one, sizeof(one));
	(void)written;
}

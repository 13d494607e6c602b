#include "kafka/destroy.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/xalloc.h"

/* rd_kafka_destroy waits for all of the library's threads, and one that resolves a name cannot be
 * hurried; so it is waited for from here. */
struct destruction {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	rd_kafka_t *handle;
	bool done;
};

static void *destroy_handle(void *data)
{
	struct destruction *d = data;
	rd_kafka_destroy_flags(d->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	pthread_mutex_lock(&d->mutex);
	d->done = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->mutex);
	return NULL;
}

bool handle_destroy(rd_kafka_t *handle, int64_t deadline_ms)
{
	struct destruction *d = xcalloc(1, sizeof(*d));
	pthread_t thread;
	d->handle = handle;
	clock_cond_init(&d->changed);
	pthread_mutex_init(&d->mutex, NULL);
	if (pthread_create(&thread, NULL, destroy_handle, d) != 0)
		return false;
	struct timespec until = { .tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000 };
	pthread_mutex_lock(&d->mutex);
	while (!d->done && pthread_cond_timedwait(&d->changed, &d->mutex, &until) != ETIMEDOUT)
		;
	bool done = d->done;
	pthread_mutex_unlock(&d->mutex);
	if (!done) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->mutex);
	free(d);
	return true;
}

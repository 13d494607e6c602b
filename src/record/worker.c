#include "record/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"

struct queue {
	struct work *first, **end;
};

struct workers {
	pthread_mutex_t mutex;
	pthread_cond_t some; /* there is work, or they are to end */
	struct queue waiting;
	struct queue done;
	pthread_t *threads;
	struct work **running; /* by thread; NULL: it is idle */
	size_t capacity;       /* of these two */
	size_t most;
	size_t count; /* of threads */
	size_t idle;
	size_t unbegun; /* works in waiting */
	size_t busy;
	bool ending;
	int descriptor;
};

/* What a thread is told when it begins. */
struct place {
	struct workers *workers;
	size_t index;
};

static void put(struct queue *queue, struct work *work)
{
	work->next = NULL;
	*queue->end = work;
	queue->end = &work->next;
}

static struct work *take(struct queue *queue)
{
	struct work *work = queue->first;
	if (work) {
		queue->first = work->next;
		if (!queue->first)
			queue->end = &queue->first;
	}
	return work;
}

struct workers *workers_new(size_t most)
{
	struct workers *w = xcalloc(1, sizeof(*w));
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->some, NULL);
	w->waiting.end = &w->waiting.first;
	w->done.end = &w->done.first;
	workers_set_most(w, most);
	w->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->descriptor < 0)
		abort(); /* no descriptors left at the start: nothing would work */
	return w;
}

void workers_set_most(struct workers *w, size_t most)
{
	pthread_mutex_lock(&w->mutex);
	if (most > w->capacity) {
		w->threads = xreallocarray(w->threads, most, sizeof(*w->threads));
		w->running = xreallocarray(w->running, most, sizeof(struct work *));
		memset(&w->running[w->capacity], 0, (most - w->capacity) * sizeof(struct work *));
		w->capacity = most;
	}
	w->most = most;
	pthread_mutex_unlock(&w->mutex);
}

void workers_wake(struct workers *w)
{
	static const uint64_t one = 1;
	ssize_t written = write(w->descriptor, &one, sizeof(one));
	(void)written;
}

static void *work_on(void *data)
{
	struct place place = *(struct place *)data;
	struct workers *w = place.workers;
	free(data);
	pthread_mutex_lock(&w->mutex);
	for (;;) {
		struct work *work = take(&w->waiting);
		if (!work) {
			if (w->ending)
				break;
			w->idle++;
			pthread_cond_wait(&w->some, &w->mutex);
			w->idle--;
			continue;
		}
		w->unbegun--;
		w->running[place.index] = work;
		pthread_mutex_unlock(&w->mutex);
		work->run(work);
		pthread_mutex_lock(&w->mutex);
		w->running[place.index] = NULL;
		put(&w->done, work);
		workers_wake(w);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* Where no thread is to be had, those that are there do it later. */
static void start_thread(struct workers *w)
{
	struct place *place = xcalloc(1, sizeof(*place));
	*place = (struct place){ w, w->count };
	if (pthread_create(&w->threads[w->count], NULL, work_on, place) == 0) {
		w->count++;
		return;
	}
	free(place);
	if (w->count == 0)
		abort();
}

void workers_give(struct workers *w, struct work *work)
{
	pthread_mutex_lock(&w->mutex);
	put(&w->waiting, work);
	w->unbegun++;
	w->busy++;
	if (w->idle < w->unbegun && w->count < w->most)
		start_thread(w);
	pthread_cond_signal(&w->some);
	pthread_mutex_unlock(&w->mutex);
}

struct work *workers_take(struct workers *w)
{
	pthread_mutex_lock(&w->mutex);
	struct work *work = take(&w->done);
	if (work) {
		w->busy--;
	} else {
		uint64_t events;
		ssize_t got = read(w->descriptor, &events, sizeof(events));
		(void)got;
	}
	pthread_mutex_unlock(&w->mutex);
	return work;
}

int workers_descriptor(const struct workers *w)
{
	return w->descriptor;
}

size_t workers_busy(const struct workers *w)
{
	return w->busy;
}

void workers_stop(struct workers *w)
{
	pthread_mutex_lock(&w->mutex);
	for (size_t i = 0; i < w->most; i++)
		if (w->running[i])
			atomic_store(&w->running[i]->stop, true);
	struct work *work;
	while ((work = take(&w->waiting))) {
		w->unbegun--;
		atomic_store(&work->stop, true);
		put(&w->done, work);
	}
	workers_wake(w);
	pthread_mutex_unlock(&w->mutex);
}

static bool join_all(struct workers *w, int64_t timeout_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	for (; w->count > 0; w->count--)
		if (pthread_timedjoin_np(w->threads[w->count - 1], NULL, &until) != 0)
			return false;
	return true;
}

bool workers_free(struct workers *w, int64_t timeout_ms)
{
	if (!w)
		return true;
	pthread_mutex_lock(&w->mutex);
	w->ending = true;
	pthread_cond_broadcast(&w->some);
	pthread_mutex_unlock(&w->mutex);
	if (!join_all(w, timeout_ms))
		return false;
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->some);
	close(w->descriptor);
	free(w->threads);
	free(w->running);
	free(w);
	return true;
}

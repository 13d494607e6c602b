#include "record/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

struct queue {
	struct work *first, **end;
};

struct slot {
	pthread_t thread;
	bool used;
	struct work *work; /* that it does; NULL: it is idle */
};

struct workers {
	pthread_mutex_t mutex;
	pthread_cond_t some; /* there is work, or they are to end */
	struct queue waiting;
	struct queue done;
	struct slot *slots;
	size_t capacity; /* of them */
	size_t most;
	size_t count; /* of threads */
	size_t fresh; /* of them: have not looked for work yet */
	size_t idle;
	size_t unbegun; /* works in waiting */
	size_t busy;
	bool ending;
	int descriptor;
};

/* What a thread is told when it begins. The slots may move. */
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
	if (w->descriptor >= 0)
		return w;
	workers_free(w, 0);
	return NULL;
}

void workers_set_most(struct workers *w, size_t most)
{
	pthread_mutex_lock(&w->mutex);
	if (most > w->capacity) {
		w->slots = xreallocarray(w->slots, most, sizeof(*w->slots));
		memset(&w->slots[w->capacity], 0, (most - w->capacity) * sizeof(*w->slots));
		w->capacity = most;
	}
	w->most = most;
	pthread_cond_broadcast(&w->some);
	pthread_mutex_unlock(&w->mutex);
}

void workers_wake(struct workers *w)
{
	static const uint64_t one = 1;
	ssize_t written = write(w->descriptor, &one, sizeof(one));
	(void)written;
}

/* With the mutex held. False: this thread is to end. */
static bool work_once(struct workers *w, size_t index)
{
	if (w->count > w->most && !w->ending) { /* nobody joins it */
		pthread_detach(pthread_self());
		w->slots[index].used = false;
		w->count--;
		return false;
	}
	struct work *work = take(&w->waiting);
	if (!work && w->ending)
		return false;
	if (!work) {
		w->idle++;
		pthread_cond_wait(&w->some, &w->mutex);
		w->idle--;
		return true;
	}
	w->unbegun--;
	w->slots[index].work = work;
	pthread_mutex_unlock(&w->mutex);
	work->run(work);
	pthread_mutex_lock(&w->mutex);
	w->slots[index].work = NULL;
	put(&w->done, work);
	workers_wake(w);
	return true;
}

static void *work_on(void *data)
{
	struct place place = *(struct place *)data;
	struct workers *w = place.workers;
	free(data);
	pthread_mutex_lock(&w->mutex);
	w->fresh--;
	while (work_once(w, place.index))
		;
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* With the mutex held, so that the slot is filled before the thread looks at it. */
static bool start_thread(struct workers *w)
{
	struct place *place = xcalloc(1, sizeof(*place));
	place->workers = w;
	while (w->slots[place->index].used)
		place->index++;
	struct slot *slot = &w->slots[place->index];
	slot->used = pthread_create(&slot->thread, NULL, work_on, place) == 0;
	if (!slot->used) {
		free(place);
		return false;
	}
	w->count++;
	w->fresh++;
	return true;
}

/* Where no thread is to be had, those that are there do it later. */
static bool staff(struct workers *w)
{
	bool ok = true;
	while (ok && w->idle + w->fresh < w->unbegun && w->count < w->most)
		ok = start_thread(w);
	return ok;
}

bool workers_staff(struct workers *w)
{
	pthread_mutex_lock(&w->mutex);
	bool ok = staff(w);
	pthread_mutex_unlock(&w->mutex);
	return ok;
}

void workers_give(struct workers *w, struct work *work)
{
	pthread_mutex_lock(&w->mutex);
	put(&w->waiting, work);
	w->unbegun++;
	w->busy++;
	staff(w);
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
	for (size_t i = 0; i < w->capacity; i++)
		if (w->slots[i].work)
			atomic_store(&w->slots[i].work->stop, true);
	struct work *work;
	while ((work = take(&w->waiting))) {
		w->unbegun--;
		atomic_store(&work->stop, true);
		put(&w->done, work);
	}
	workers_wake(w);
	pthread_mutex_unlock(&w->mutex);
}

/* pthread_timedjoin_np goes by a clock that may be set meanwhile. */
static bool join(pthread_t thread, int64_t deadline_ms)
{
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		if (clock_monotonic_ms() >= deadline_ms)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static bool join_all(struct workers *w, int64_t timeout_ms)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	for (size_t i = 0; i < w->capacity; i++) {
		if (w->slots[i].used && !join(w->slots[i].thread, deadline_ms))
			return false;
		w->slots[i].used = false;
	}
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
	if (w->descriptor >= 0)
		close(w->descriptor);
	free(w->slots);
	free(w);
	return true;
}

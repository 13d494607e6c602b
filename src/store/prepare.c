/* A ring of prepared records between one thread that fills it and one that empties it. They meet
 * once per group of records, not once per record: waking costs more than preparing. */
#include "store/prepare.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "event/leaf.h"
#include "event/words.h"
#include "store/codec.h"
#include "store/property_projection.h"

enum {
	GROUP = 32, /* records that are handed over together */
	RING = 8 * GROUP,
	THREAD_FROM = 2 * GROUP, /* below that a thread is not worth its waking */
};

struct preparer {
	struct prepare_settings settings;
	struct packer *packer; /* NULL: values stay plain */
	struct prepared *ring;

	struct prepare_job job;
	size_t taken; /* records given out by preparer_next */

	/* Where a thread works ahead. */
	pthread_t thread;
	bool has_thread;
	bool threaded; /* this job */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t ready;    /* records done */
	size_t released; /* records whose place in the ring is free again */
	bool working;
	bool stop;
	bool quit;
};

struct preparer *preparer_new(const struct prepare_settings *settings)
{
	struct preparer *p = xcalloc(1, sizeof(*p));
	p->settings = *settings;
	if (settings->dictionary.data)
		p->packer = packer_new(settings->dictionary);
	p->settings.dictionary = (struct span){ 0 };
	p->ring = xcalloc(RING, sizeof(*p->ring));
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->changed, NULL);
	return p;
}

static void prepared_release(struct prepared *r)
{
	events_release(&r->events);
	properties_release(&r->properties);
	buf_free(&r->words);
	buf_free(&r->property_tails);
	buf_free(&r->packed);
	buf_free(&r->text);
}

void preparer_free(struct preparer *p)
{
	if (!p)
		return;
	if (p->has_thread) {
		pthread_mutex_lock(&p->mutex);
		p->quit = true;
		p->stop = true;
		pthread_cond_broadcast(&p->changed);
		pthread_mutex_unlock(&p->mutex);
		pthread_join(p->thread, NULL);
	}
	for (size_t i = 0; i < RING; i++)
		prepared_release(&p->ring[i]);
	free(p->ring);
	packer_free(p->packer);
	pthread_mutex_destroy(&p->mutex);
	pthread_cond_destroy(&p->changed);
	free(p);
}

/* One huge message must not be paid for by each place of the ring for ever. */
static void trim(struct prepared *r)
{
	enum { KEEP = 1 << 18 };
	if (r->value_bytes <= KEEP)
		return;
	prepared_release(r);
	*r = (struct prepared){ 0 };
}

static void prepare(
	struct preparer *p, struct prepared *r, const struct record *record, uint64_t seq)
{
	trim(r);
	r->record = record;
	r->value_bytes = record->value.length;
	r->seq = seq;
	buf_clear(&r->words);
	buf_clear(&r->property_tails);
	buf_clear(&r->text);
	decode_record(&p->settings.decoder, record, &r->events);
	properties_collect(&r->properties, &r->events);
	words_of_record(record, &r->events, &r->properties, &r->words);
	property_tails_write(record, &r->events, &r->properties, &r->property_tails);
	r->headers = (struct span){ 0 };
	r->is_packed = false;
	if (record->header_count > 0) {
		record_headers_write(record->headers, record->header_count, &r->text);
		r->headers = buf_span(&r->text);
	}
	record_leaf(record, seq, r->headers, &r->leaf);
	if (p->packer && record->value.data && !p->job.is_replay)
		r->is_packed = packer_pack(p->packer, record->value, &r->packed);
}

static void prepare_at(struct preparer *p, size_t i)
{
	prepare(p, &p->ring[i % RING], p->job.records[i], p->job.first_seq + i);
}

/* One job: fills the ring as far as there is room. Called with the mutex held. */
static void work_ahead(struct preparer *p)
{
	size_t next = 0;
	while (next < p->job.count && !p->stop) {
		size_t group = p->job.count - next < GROUP ? p->job.count - next : GROUP;
		if (next + group - p->released > RING) {
			pthread_cond_wait(&p->changed, &p->mutex);
			continue;
		}
		pthread_mutex_unlock(&p->mutex);
		for (size_t i = 0; i < group; i++)
			prepare_at(p, next + i);
		next += group;
		pthread_mutex_lock(&p->mutex);
		p->ready = next;
		pthread_cond_broadcast(&p->changed);
	}
}

static void *thread_main(void *data)
{
	struct preparer *p = data;
	pthread_mutex_lock(&p->mutex);
	while (!p->quit) {
		if (!p->working) {
			pthread_cond_wait(&p->changed, &p->mutex);
			continue;
		}
		work_ahead(p);
		p->working = false;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

void preparer_start(struct preparer *p, const struct prepare_job *job)
{
	if (job->count >= THREAD_FROM && !p->has_thread)
		p->has_thread = pthread_create(&p->thread, NULL, thread_main, p) == 0;
	p->job = *job;
	p->taken = 0;
	p->threaded = p->has_thread && job->count >= THREAD_FROM;
	if (!p->threaded)
		return;
	pthread_mutex_lock(&p->mutex);
	p->ready = 0;
	p->released = 0;
	p->stop = false;
	p->working = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->mutex);
}

/* Gives places back and waits for the next record, once per group. */
static void meet(struct preparer *p)
{
	pthread_mutex_lock(&p->mutex);
	p->released = p->taken;
	pthread_cond_broadcast(&p->changed);
	while (p->ready <= p->taken)
		pthread_cond_wait(&p->changed, &p->mutex);
	pthread_mutex_unlock(&p->mutex);
}

struct prepared *preparer_next(struct preparer *p)
{
	if (p->taken == p->job.count) {
		preparer_stop(p);
		return NULL;
	}
	if (!p->threaded)
		prepare_at(p, p->taken);
	else if (p->taken % GROUP == 0)
		meet(p);
	return &p->ring[p->taken++ % RING];
}

void preparer_stop(struct preparer *p)
{
	if (p->threaded) {
		pthread_mutex_lock(&p->mutex);
		p->stop = true;
		pthread_cond_broadcast(&p->changed);
		while (p->working)
			pthread_cond_wait(&p->changed, &p->mutex);
		pthread_mutex_unlock(&p->mutex);
	}
	p->threaded = false;
	p->taken = p->job.count = 0;
}

#include "record/scheduler.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct heap;

struct job {
	struct schedule_job job;
	struct heap *in; /* NULL: it runs */
	size_t at;       /* where in it */
	struct key *key; /* NULL: none */
	bool began;      /* it ran before */
};

typedef bool job_before(const struct job *a, const struct job *b);

struct heap {
	struct job **items;
	size_t count, capacity;
	job_before *before;
};

/* One of its jobs is in its group's heap, or runs; the others wait here. */
struct key {
	enum lane lane;
	uint64_t value;
	struct job *holder;
	struct heap others;
};

struct group {
	uint64_t number;
	size_t most, running;
	struct heap jobs;
};

struct lane_state {
	size_t most, running, waiting;
	struct group **groups;
	size_t group_count;
	size_t turn; /* the group that is asked first */
};

struct scheduler {
	struct lane_state lanes[LANES];
	void *jobs; /* trees of search.h */
	void *keys;
};

static bool before_by_due(const struct job *a, const struct job *b)
{
	return a->job.due_ms != b->job.due_ms ? a->job.due_ms < b->job.due_ms
					      : a->job.id < b->job.id;
}

static bool before_by_id(const struct job *a, const struct job *b)
{
	return a->job.id < b->job.id;
}

static void place(struct heap *h, size_t at, struct job *e)
{
	h->items[at] = e;
	e->at = at;
}

static void sift_up(struct heap *h, size_t at, struct job *e)
{
	for (size_t parent; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (!h->before(e, h->items[parent]))
			break;
		place(h, at, h->items[parent]);
	}
	place(h, at, e);
}

static void sift_down(struct heap *h, size_t at, struct job *e)
{
	for (size_t child; (child = 2 * at + 1) < h->count; at = child) {
		if (child + 1 < h->count && h->before(h->items[child + 1], h->items[child]))
			child++;
		if (!h->before(h->items[child], e))
			break;
		place(h, at, h->items[child]);
	}
	place(h, at, e);
}

static void heap_put(struct heap *h, struct job *e)
{
	if (h->count == h->capacity) {
		h->capacity = h->capacity ? 2 * h->capacity : 8;
		h->items = xreallocarray(h->items, h->capacity, sizeof(struct job *));
	}
	e->in = h;
	sift_up(h, h->count++, e);
}

static void heap_remove(struct job *e)
{
	struct heap *h = e->in;
	struct job *last = h->items[--h->count];
	e->in = NULL;
	if (last == e)
		return;
	if (e->at > 0 && h->before(last, h->items[(e->at - 1) / 2]))
		sift_up(h, e->at, last);
	else
		sift_down(h, e->at, last);
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_jobs(const void *a, const void *b)
{
	const struct schedule_job *x = &((const struct job *)a)->job;
	const struct schedule_job *y = &((const struct job *)b)->job;
	return x->lane != y->lane ? compare(x->lane, y->lane) : compare(x->id, y->id);
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->lane != y->lane)
		return compare(x->lane, y->lane);
	return x->value < y->value ? -1 : x->value > y->value;
}

struct scheduler *scheduler_new(void)
{
	return xcalloc(1, sizeof(struct scheduler));
}

static void free_job(void *job)
{
	free(job);
}

static void free_key(void *key)
{
	free(((struct key *)key)->others.items);
	free(key);
}

void scheduler_free(struct scheduler *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < LANES; i++) {
		for (size_t k = 0; k < s->lanes[i].group_count; k++) {
			free(s->lanes[i].groups[k]->jobs.items);
			free(s->lanes[i].groups[k]);
		}
		free(s->lanes[i].groups);
	}
	tdestroy(s->jobs, free_job);
	tdestroy(s->keys, free_key);
	free(s);
}

static struct group *group_of(struct scheduler *s, enum lane lane, uint64_t number)
{
	struct lane_state *l = &s->lanes[lane];
	for (size_t i = 0; i < l->group_count; i++)
		if (l->groups[i]->number == number)
			return l->groups[i];
	struct group *g = xcalloc(1, sizeof(*g));
	g->number = number;
	g->jobs.before = before_by_due;
	l->groups = xreallocarray(l->groups, l->group_count + 1, sizeof(struct group *));
	l->groups[l->group_count++] = g;
	return g;
}

void scheduler_lane_most(struct scheduler *s, enum lane lane, size_t most)
{
	s->lanes[lane].most = most;
}

void scheduler_group_most(struct scheduler *s, enum lane lane, uint64_t group, size_t most)
{
	group_of(s, lane, group)->most = most;
}

static void queue(struct scheduler *s, struct job *e)
{
	heap_put(&group_of(s, e->job.lane, e->job.group)->jobs, e);
}

static struct job *find(const struct scheduler *s, enum lane lane, int64_t id)
{
	const struct job wanted = { .job = { .lane = lane, .id = id } };
	struct job **found = tfind(&wanted, &s->jobs, compare_jobs);
	return found ? *found : NULL;
}

static struct key *key_of(struct scheduler *s, const struct schedule_job *job)
{
	const struct key wanted = { .lane = job->lane, .value = job->key };
	struct key **found = tfind(&wanted, &s->keys, compare_keys);
	if (found)
		return *found;
	struct key *key = xcalloc(1, sizeof(*key));
	*key = wanted;
	key->others.before = before_by_id;
	tsearch(key, &s->keys, compare_keys);
	return key;
}

void scheduler_add(struct scheduler *s, const struct schedule_job *job)
{
	struct job *e = xcalloc(1, sizeof(*e));
	e->job = *job;
	struct job **there = tsearch(e, &s->jobs, compare_jobs);
	assert(*there == e);
	(void)there;
	s->lanes[job->lane].waiting++;
	e->key = job->key ? key_of(s, job) : NULL;
	struct job *holder = e->key ? e->key->holder : NULL;
	if (holder && (holder->began || !holder->in || holder->job.id < job->id)) {
		heap_put(&e->key->others, e);
		return;
	}
	if (holder) {
		heap_remove(holder);
		heap_put(&e->key->others, holder);
	}
	if (e->key)
		e->key->holder = e;
	queue(s, e);
}

static bool has_room(const struct group *g)
{
	return g->jobs.count > 0 && (g->most == 0 || g->running < g->most);
}

bool scheduler_next(struct scheduler *s, int64_t now_ms, struct schedule_job *ret_job)
{
	for (size_t i = 0; i < LANES; i++) {
		struct lane_state *l = &s->lanes[i];
		for (size_t k = 0; k < l->group_count && l->running < l->most; k++) {
			size_t turn = (l->turn + k) % l->group_count;
			struct group *g = l->groups[turn];
			if (!has_room(g) || g->jobs.items[0]->job.due_ms > now_ms)
				continue;
			struct job *e = g->jobs.items[0];
			heap_remove(e);
			e->began = true;
			g->running++;
			l->running++;
			l->waiting--;
			l->turn = (turn + 1) % l->group_count;
			*ret_job = e->job;
			return true;
		}
	}
	return false;
}

/* The next of its key may come. */
static void release_key(struct scheduler *s, struct job *e)
{
	struct key *key = e->key;
	if (!key)
		return;
	if (key->others.count > 0) {
		key->holder = key->others.items[0];
		heap_remove(key->holder);
		queue(s, key->holder);
		return;
	}
	tdelete(key, &s->keys, compare_keys);
	free_key(key);
}

static struct job *stop_running(struct scheduler *s, enum lane lane, int64_t id)
{
	struct job *e = find(s, lane, id);
	assert(e && !e->in);
	group_of(s, lane, e->job.group)->running--;
	s->lanes[lane].running--;
	return e;
}

static void forget(struct scheduler *s, struct job *e)
{
	tdelete(e, &s->jobs, compare_jobs);
	free(e);
}

void scheduler_ended(struct scheduler *s, enum lane lane, int64_t id)
{
	struct job *e = stop_running(s, lane, id);
	release_key(s, e);
	forget(s, e);
}

void scheduler_again(struct scheduler *s, enum lane lane, int64_t id, int64_t due_ms)
{
	struct job *e = stop_running(s, lane, id);
	e->job.due_ms = due_ms;
	s->lanes[lane].waiting++;
	queue(s, e);
}

bool scheduler_remove(struct scheduler *s, enum lane lane, int64_t id)
{
	struct job *e = find(s, lane, id);
	if (!e || !e->in)
		return false;
	heap_remove(e);
	s->lanes[lane].waiting--;
	if (e->key && e->key->holder == e)
		release_key(s, e);
	forget(s, e);
	return true;
}

int64_t scheduler_due_ms(const struct scheduler *s)
{
	int64_t due_ms = INT64_MAX;
	for (size_t i = 0; i < LANES; i++) {
		const struct lane_state *l = &s->lanes[i];
		for (size_t k = 0; k < l->group_count && l->running < l->most; k++)
			if (has_room(l->groups[k]) &&
				l->groups[k]->jobs.items[0]->job.due_ms < due_ms)
				due_ms = l->groups[k]->jobs.items[0]->job.due_ms;
	}
	return due_ms;
}

size_t scheduler_waiting(const struct scheduler *s, enum lane lane)
{
	return s->lanes[lane].waiting;
}

size_t scheduler_running(const struct scheduler *s, enum lane lane)
{
	return s->lanes[lane].running;
}

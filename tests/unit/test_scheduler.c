/* Nothing runs beyond a bound, before it is due or out of its key's order; no group starves; and
 * all of it as a scheduler that looks at every job each time would have it. */
#include "unit.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "record/backoff.h"
#include "record/scheduler.h"

static struct scheduler *start(size_t most)
{
	struct scheduler *s = scheduler_new();
	for (int lane = 0; lane < LANES; lane++)
		scheduler_lane_most(s, (enum lane)lane, most);
	return s;
}

static void add(struct scheduler *s, int64_t id, uint32_t group, uint64_t key, int64_t due_ms)
{
	const struct schedule_job job = {
		.id = id, .lane = LANE_RUN, .group = group, .key = key, .due_ms = due_ms
	};
	scheduler_add(s, &job);
}

/* 0: none. */
static int64_t next(struct scheduler *s, int64_t now_ms)
{
	struct schedule_job job;
	return scheduler_next(s, now_ms, &job) ? job.id : 0;
}

static void test_due_and_bounds(void **state)
{
	(void)state;
	struct scheduler *s = start(2);
	assert_true(scheduler_due_ms(s) == INT64_MAX);
	add(s, 1, 1, 0, 30);
	add(s, 2, 1, 0, 10);
	add(s, 3, 1, 0, 10);
	assert_int_equal(next(s, 9), 0);
	assert_int_equal(scheduler_due_ms(s), 10);
	assert_int_equal(next(s, 40), 2);
	assert_int_equal(next(s, 40), 3);
	assert_int_equal(next(s, 40), 0); /* no room in the lane */
	assert_true(scheduler_due_ms(s) == INT64_MAX);
	scheduler_ended(s, LANE_RUN, 3);
	assert_int_equal(scheduler_due_ms(s), 30);
	scheduler_group_most(s, LANE_RUN, 1, 1);
	assert_int_equal(next(s, 40), 0); /* nor in the group */
	scheduler_again(s, LANE_RUN, 2, 50);
	assert_int_equal(next(s, 40), 1);
	scheduler_ended(s, LANE_RUN, 1);
	assert_int_equal(next(s, 49), 0);
	assert_int_equal(next(s, 50), 2);
	assert_false(scheduler_remove(s, LANE_RUN, 2)); /* runs */
	assert_false(scheduler_remove(s, LANE_RUN, 9)); /* is not there */
	assert_int_equal(scheduler_running(s, LANE_RUN), 1);
	assert_int_equal(scheduler_waiting(s, LANE_RUN), 0);
	scheduler_free(s);
}

static void test_turns(void **state)
{
	(void)state;
	struct scheduler *s = start(100);
	for (int64_t id = 1; id <= 50; id++)
		add(s, id, 1, 0, 0);
	add(s, 100, 2, 0, 5);
	add(s, 101, 3, 0, 5);
	int64_t seen = 0;
	for (int i = 0; i < 4; i++)
		seen |= next(s, 10) >= 100 ? 1 << i : 0;
	assert_true(seen == 6 || seen == 3 || seen == 12);
	scheduler_free(s);
}

static void test_keys(void **state)
{
	(void)state;
	struct scheduler *s = start(100);
	add(s, 5, 1, 7, 0);
	add(s, 3, 1, 7, 20); /* comes before 5 */
	add(s, 6, 2, 7, 0);
	assert_int_equal(next(s, 10), 0);
	assert_int_equal(next(s, 20), 3);
	assert_int_equal(next(s, 20), 0);
	scheduler_again(s, LANE_RUN, 3, 30); /* fails, and keeps its key */
	add(s, 2, 1, 7, 0);
	assert_int_equal(next(s, 20), 0);
	assert_int_equal(next(s, 30), 3);
	scheduler_ended(s, LANE_RUN, 3);
	assert_true(scheduler_remove(s, LANE_RUN, 2));
	assert_true(scheduler_remove(s, LANE_RUN, 6));
	assert_int_equal(next(s, 30), 5);
	scheduler_ended(s, LANE_RUN, 5);
	add(s, 8, 1, 7, 0);
	assert_int_equal(next(s, 30), 8);
	scheduler_free(s);
}

/* The scheduler once more, in the plainest words. */
enum { JOBS = 400, GROUPS = 4, KEYS = 6, LANE_MOST = 5, GROUP_MOST = 2 };

struct model_job {
	bool there, runs, began;
	uint32_t group;
	uint64_t key;
	int64_t due_ms;
};
static struct model_job model[JOBS];

static size_t model_running(uint32_t group)
{
	size_t count = 0;
	for (size_t i = 0; i < JOBS; i++)
		count += model[i].there && model[i].runs && (group == 0 || model[i].group == group);
	return count;
}

/* Whether another of its key runs, ran before, or has a smaller id. */
static bool is_behind(size_t id)
{
	for (size_t i = 0; i < JOBS && model[id].key; i++) {
		if (i == id || !model[i].there || model[i].key != model[id].key)
			continue;
		if (model[i].began || (!model[id].began && i < id))
			return true;
	}
	return false;
}

static bool may_run(size_t id, int64_t now_ms)
{
	const struct model_job *m = &model[id];
	return m->there && !m->runs && m->due_ms <= now_ms && model_running(0) < LANE_MOST &&
	       model_running(m->group) < GROUP_MOST && !is_behind(id);
}

/* None of its group that may run is earlier. */
static void check_first(size_t id, int64_t now_ms)
{
	assert_true(may_run(id, now_ms));
	for (size_t i = 0; i < JOBS; i++)
		if (i != id && model[i].group == model[id].group && may_run(i, now_ms))
			assert_true(model[i].due_ms > model[id].due_ms ||
				    (model[i].due_ms == model[id].due_ms && i > id));
}

static void check_none(int64_t now_ms)
{
	for (size_t i = 0; i < JOBS; i++)
		assert_false(may_run(i, now_ms));
}

static void add_some(struct scheduler *s, int64_t now_ms)
{
	size_t id = (size_t)rand() % (JOBS - 1) + 1;
	if (model[id].there)
		return;
	model[id] = (struct model_job){ .there = true,
		.group = (uint32_t)(rand() % GROUPS) + 1,
		.key = (uint64_t)(rand() % KEYS),
		.due_ms = now_ms + rand() % 20 };
	add(s, (int64_t)id, model[id].group, model[id].key, model[id].due_ms);
}

static void end_some(struct scheduler *s, int64_t now_ms)
{
	size_t id = (size_t)rand() % (JOBS - 1) + 1;
	struct model_job *m = &model[id];
	if (!m->there)
		return;
	if (!m->runs) {
		if (rand() % 8 == 0) {
			assert_true(scheduler_remove(s, LANE_RUN, (int64_t)id));
			m->there = false;
		}
	} else if (rand() % 3 == 0) {
		m->runs = false;
		m->due_ms = now_ms + rand() % 10;
		scheduler_again(s, LANE_RUN, (int64_t)id, m->due_ms);
	} else {
		m->there = false;
		scheduler_ended(s, LANE_RUN, (int64_t)id);
	}
}

static void test_as_the_model(void **state)
{
	(void)state;
	struct scheduler *s = start(LANE_MOST);
	size_t ran = 0;
	for (uint32_t group = 1; group <= GROUPS; group++)
		scheduler_group_most(s, LANE_RUN, group, GROUP_MOST);
	srand(20261125);
	for (int64_t now_ms = 0; now_ms < 6000; now_ms++) {
		for (int i = rand() % 3; i > 0; i--)
			add_some(s, now_ms);
		for (int i = 0; i < 60; i++)
			end_some(s, now_ms);
		for (int64_t id; (id = next(s, now_ms)); ran++) {
			check_first((size_t)id, now_ms);
			model[id].runs = model[id].began = true;
		}
		check_none(now_ms);
		assert_int_equal(scheduler_running(s, LANE_RUN), model_running(0));
	}
	assert_true(ran > 1000);
	scheduler_free(s);
}

static void test_many(void **state)
{
	(void)state;
	enum { MANY = 200000 };
	struct scheduler *s = start(MANY);
	for (int64_t id = 1; id <= MANY; id++)
		add(s, id, 1, id % 3 == 0 ? (uint64_t)id % 1000 + 1 : 0, (id * 7919) % MANY);
	size_t count = 0;
	for (int64_t id; (id = next(s, MANY)); count++)
		scheduler_ended(s, LANE_RUN, id);
	assert_int_equal(count, MANY);
	scheduler_free(s);
}

static void test_backoff(void **state)
{
	(void)state;
	const struct {
		int attempt;
		uint64_t random;
		int64_t ms;
	} rows[] = { { 1, 0, 500 }, { 1, 500, 1000 }, { 2, 0, 1000 }, { 3, 2000, 4000 },
		{ 6, 0, 5000 }, { INT32_MAX, 5000, 10000 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			backoff_ms(1000, 10000, rows[i].attempt, rows[i].random), rows[i].ms);
	assert_int_equal(backoff_ms(0, 10000, 9, 12345), 0);
	assert_int_equal(backoff_ms(20000, 10000, 1, 0), 5000);
	assert_int_equal(backoff_ms(INT64_MAX / 2 + 1, INT64_MAX - 1, 2, 0), (INT64_MAX - 1) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due_and_bounds),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_as_the_model),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_backoff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

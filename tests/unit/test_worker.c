/* Work is done once, by as many threads as may be and no more, and comes back to its owner; what is
 * told to stop comes back soon, what has not begun at once. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "record/worker.h"

enum { WORKS = 200, MOST = 4 };

/* Where the system gives no thread. */
static bool no_thread;
int __real_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data);

int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
	return no_thread ? EAGAIN : __real_pthread_create(thread, attributes, run, data);
}

struct counted {
	struct work work;
	int done;
};

static atomic_int running, most_running;

static void count(struct work *work)
{
	struct counted *c = (struct counted *)work;
	int now = atomic_fetch_add(&running, 1) + 1;
	int most = atomic_load(&most_running);
	while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
		;
	usleep(200);
	c->done++;
	atomic_fetch_sub(&running, 1);
}

static void until_stopped(struct work *work)
{
	struct counted *c = (struct counted *)work;
	while (!atomic_load(&work->stop))
		usleep(1000);
	c->done++;
}

static struct counted *take(struct workers *workers)
{
	struct work *work;
	while (!(work = workers_take(workers))) {
		struct pollfd wait = { .fd = workers_descriptor(workers), .events = POLLIN };
		assert_int_equal(poll(&wait, 1, 10000), 1);
	}
	return (struct counted *)work;
}

/* Waits for the others, so that none ends before all are begun. */
static void meet(struct work *work)
{
	struct counted *c = (struct counted *)work;
	atomic_fetch_add(&running, 1);
	for (int i = 0; i < 10000 && atomic_load(&running) < MOST; i++)
		usleep(1000);
	c->done = atomic_load(&running) == MOST;
}

/* A thread that has no work yet is not two threads. */
static void test_a_thread_for_each(void **state)
{
	(void)state;
	struct counted works[MOST] = { 0 };
	struct workers *workers = workers_new(1);
	works[0].work.run = count;
	workers_give(workers, &works[0].work);
	take(workers);
	usleep(20000); /* its thread waits for more */
	workers_set_most(workers, MOST);
	for (int i = 0; i < MOST; i++) {
		works[i].work.run = meet;
		workers_give(workers, &works[i].work);
	}
	for (int i = 0; i < MOST; i++)
		take(workers);
	for (int i = 0; i < MOST; i++)
		assert_true(works[i].done);
	atomic_store(&running, 0);
	assert_true(workers_free(workers, 10000));
}

static void test_all_once(void **state)
{
	(void)state;
	static struct counted works[WORKS];
	struct workers *workers = workers_new(MOST);
	for (int i = 0; i < WORKS; i++) {
		works[i].work.run = count;
		workers_give(workers, &works[i].work);
	}
	for (int i = 0; i < WORKS; i++)
		assert_int_equal(take(workers)->done, 1);
	assert_null(workers_take(workers));
	assert_int_equal(workers_busy(workers), 0);
	assert_in_range(atomic_load(&most_running), 1, MOST);
	assert_true(workers_free(workers, 10000));
}

static void test_stopped(void **state)
{
	(void)state;
	static struct counted works[6];
	struct workers *workers = workers_new(2);
	for (int i = 0; i < 6; i++) {
		works[i].work.run = until_stopped;
		workers_give(workers, &works[i].work);
	}
	workers_stop(workers);
	int done = 0;
	for (int i = 0; i < 6; i++) {
		struct counted *c = take(workers);
		assert_true(atomic_load(&c->work.stop));
		done += c->done;
	}
	/* Those that had begun; the others' run was not called. */
	assert_in_range(done, 0, 2);
	assert_true(workers_free(workers, 10000));
}

/* Who does not stop is not waited for beyond the time. */
static void test_not_waited_for(void **state)
{
	(void)state;
	static struct counted c = { .work = { .run = until_stopped } };
	struct workers *workers = workers_new(1);
	workers_give(workers, &c.work);
	assert_false(workers_free(workers, 50));
	workers_stop(workers);
	assert_true(workers_free(workers, 10000));
}

static void test_no_thread(void **state)
{
	(void)state;
	struct counted works[MOST] = { 0 };
	struct workers *workers = workers_new(MOST);
	no_thread = true;
	for (int i = 0; i < MOST; i++) {
		works[i].work.run = meet;
		workers_give(workers, &works[i].work);
	}
	assert_false(workers_staff(workers));
	assert_int_equal(workers_busy(workers), MOST);
	no_thread = false;
	assert_true(workers_staff(workers));
	for (int i = 0; i < MOST; i++)
		assert_true(take(workers)->done);
	atomic_store(&running, 0);
	no_thread = true;
	assert_true(workers_staff(workers)); /* those that are there are enough */
	no_thread = false;
	assert_true(workers_free(workers, 10000));
}

static void until_stopped_together(struct work *work)
{
	atomic_fetch_add(&running, 1);
	until_stopped(work);
}

static int count_threads(void)
{
	int count = 0;
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count - 2; /* "." and ".." */
}

/* What runs beyond a bound that was lowered is told to stop like all the rest, and its threads end
 * with what they do. */
static void test_lowered(void **state)
{
	(void)state;
	struct counted works[MOST + 1] = { 0 };
	struct workers *workers = workers_new(MOST);
	int before = count_threads();
	for (int i = 0; i < MOST; i++) {
		works[i].work.run = until_stopped_together;
		workers_give(workers, &works[i].work);
	}
	while (atomic_load(&running) < MOST)
		usleep(1000);
	workers_set_most(workers, 1);
	workers_stop(workers);
	for (int i = 0; i < MOST; i++)
		assert_true(take(workers)->done);
	for (int i = 0; i < 10000 && count_threads() > before + 1; i++)
		usleep(1000);
	assert_int_equal(count_threads(), before + 1);
	works[MOST].work.run = count;
	workers_give(workers, &works[MOST].work);
	assert_int_equal(take(workers)->done, 1);
	atomic_store(&running, 0);
	assert_true(workers_free(workers, 10000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_once),
		cmocka_unit_test(test_a_thread_for_each),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_not_waited_for),
		cmocka_unit_test(test_no_thread),
		cmocka_unit_test(test_lowered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

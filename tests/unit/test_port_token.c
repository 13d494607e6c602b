/* One token for many threads: fetched once, and once more where it was refused. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "net/port_token.h"

enum { THREADS = 16 };

struct source {
	const char *always; /* the token; NULL: t1, t2 … */
	atomic_int fetches;
	int64_t valid_ms;
	int delay_ms;
	bool fails;
};

static void nap(int ms)
{
	const struct timespec time = { 0, ms * 1000000L };
	nanosleep(&time, NULL);
}

static void fetch(void *data, struct port_fetched *ret_fetched)
{
	struct source *source = data;
	int number = atomic_fetch_add(&source->fetches, 1) + 1;
	if (source->delay_ms)
		nap(source->delay_ms);
	ret_fetched->valid_ms = source->valid_ms;
	ret_fetched->status = source->fails ? 429 : 200;
	ret_fetched->retry_after_ms = source->fails ? 7000 : 0;
	if (source->fails)
		error_set(&ret_fetched->error, ERROR_REMOTE, "not now");
	else
		ret_fetched->token =
			source->always ? xstrdup(source->always) : xasprintf("t%d", number);
}

/* "t1", or "-" where there is none. */
static char *get(struct port_token *token, const char *refused)
{
	char *text;
	struct port_fetched failed;
	if (port_token_get(token, refused, &text, &failed))
		return text;
	assert_int_equal(failed.status, 429);
	assert_int_equal(failed.retry_after_ms, 7000);
	assert_string_equal(failed.error.text, "not now");
	return xstrdup("-");
}

static void check(struct port_token *token, const char *refused, const char *wanted)
{
	char *text = get(token, refused);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_kept_until_it_is_refused(void **state)
{
	(void)state;
	struct source source = { .valid_ms = 10800 * 1000 };
	struct port_token *token = port_token_new(fetch, &source);
	check(token, NULL, "t1");
	check(token, NULL, "t1");
	check(token, "t1", "t2");
	check(token, "t1", "t2"); /* another that was refused the first one */
	check(token, NULL, "t2");
	assert_int_equal(source.fetches, 2);
	port_token_free(token);
}

static void test_renewed_before_it_ends(void **state)
{
	(void)state;
	struct source source = { .valid_ms = 40 };
	struct port_token *token = port_token_new(fetch, &source);
	check(token, NULL, "t1");
	int64_t end = clock_monotonic_ms() + 30;
	while (clock_monotonic_ms() < end)
		nap(1);
	check(token, NULL, "t2");
	source.valid_ms = 0;
	nap(30);
	check(token, NULL, "t3");
	check(token, NULL, "t4");
	port_token_free(token);
}

/* As Port does until it ends. */
static void test_same_token_again(void **state)
{
	(void)state;
	struct source source = { .valid_ms = 1600, .always = "same" };
	struct port_token *token = port_token_new(fetch, &source);
	check(token, NULL, "same");
	nap(810); /* half of it: asked for early */
	for (int i = 0; i < 100; i++)
		check(token, NULL, "same");
	assert_true(source.fetches <= 2);
	int before = source.fetches;
	check(token, "same", "same");
	assert_int_equal(source.fetches, before + 1);
	port_token_free(token);
}

static void test_failure_passes(void **state)
{
	(void)state;
	struct source source = { .valid_ms = 100000, .fails = true };
	struct port_token *token = port_token_new(fetch, &source);
	check(token, NULL, "-");
	check(token, NULL, "-");
	source.fails = false;
	check(token, NULL, "t3");
	port_token_free(token);
}

struct asker {
	struct port_token *token;
	const char *refused;
	char *text;
};

static void *ask(void *data)
{
	struct asker *asker = data;
	asker->text = get(asker->token, asker->refused);
	return NULL;
}

static void ask_all(struct port_token *token, const char *refused, const char *wanted)
{
	pthread_t threads[THREADS];
	struct asker askers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){ .token = token, .refused = refused };
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_string_equal(askers[i].text, wanted);
		free(askers[i].text);
	}
}

static void test_fetched_once_for_all(void **state)
{
	(void)state;
	struct source source = { .valid_ms = 100000, .delay_ms = 200 };
	struct port_token *token = port_token_new(fetch, &source);
	ask_all(token, NULL, "t1");
	assert_int_equal(source.fetches, 1);
	ask_all(token, "t1", "t2");
	assert_int_equal(source.fetches, 2);
	source.fails = true;
	ask_all(token, "t2", "-");
	assert_int_equal(source.fetches, 3);
	port_token_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept_until_it_is_refused),
		TEST(test_renewed_before_it_ends),
		TEST(test_same_token_again),
		TEST(test_failure_passes),
		TEST(test_fetched_once_for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A process whose main thread does not look at its signals, as one that a disk holds up, ends all
 * the same, with status 0 and not before its time. */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/ending.h"
#include "record/recorder.h"

enum {
	WITHIN_MS = 300,
	MOST_MS = 10000, /* a child that does not end fails the test, and does not hang it */
};

/* The child: never comes back. */
static void hang(bool reads_signal, int64_t later_ms)
{
	static const struct timespec most = { .tv_sec = MOST_MS / 1000 };
	sigset_t set;
	int got;
	struct ending *ending = ending_watch(WITHIN_MS);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	if (reads_signal && sigwait(&set, &got) == 0)
		ending_begin(ending, WITHIN_MS);
	if (later_ms > 0)
		ending_begin(ending, later_ms);
	nanosleep(&most, NULL);
	_exit(9);
}

static void assert_ends(bool reads_signal, int64_t later_ms, int signal)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		hang(reads_signal, later_ms);
	int64_t start_ms = clock_monotonic_ms();
	kill(child, signal);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(clock_monotonic_ms() - start_ms >= (later_ms > 0 ? later_ms : WITHIN_MS));
}

static void test_a_signal_that_nobody_reads(void **state)
{
	(void)state;
	assert_ends(false, 0, SIGTERM);
	assert_ends(false, 0, SIGINT);
}

static void test_a_signal_that_was_read(void **state)
{
	(void)state;
	assert_ends(true, 0, SIGINT);
}

/* As while it waits for what it executes. */
static void test_a_later_time(void **state)
{
	(void)state;
	assert_ends(true, 3 * WITHIN_MS, SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_a_signal_that_nobody_reads),
		TEST(test_a_signal_that_was_read), TEST(test_a_later_time) };
	/* So that a child has them blocked before it begins. */
	recorder_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

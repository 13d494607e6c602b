/* jq answers from a process that has nothing but its question; whatever the program does, the asker
 * gets an answer or a reason in time, and the next question is answered again. */
#include "unit.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/jq.h"
#include "action/jq_helper.h"
#include "base/clock.h"
#include "base/sanitizer.h"

static struct jq_helper *helper;

static bool ask(const char *program, const char *input, int64_t deadline_ms,
	struct jq_answer *answer, struct buf *storage, struct error *err)
{
	struct span text = span_of(input);
	struct jq_question question = { .program = span_of(program), .input_count = 1 };
	struct jq_ask all = { &text, 1, &question, 1, deadline_ms };
	return jq_helper_ask(helper, &all, answer, storage, err);
}

/* The input is the array of the texts: [INPUT]. */
static void answers(const char *program, const char *input, bool ok, const char *expected)
{
	struct jq_answer answer;
	struct buf storage = { 0 };
	struct error err = { 0 };
	if (!ask(program, input, 0, &answer, &storage, &err))
		fail_msg("%s: %s", program, err.text);
	assert_span(answer.text, expected);
	assert_int_equal(answer.ok, ok);
	buf_free(&storage);
}

static void test_answers(void **state)
{
	(void)state;
	answers(".[0].a", "{\"a\": {\"b\": [1, \"x\"]}}", true, "{\"b\":[1,\"x\"]}");
	answers(".[0] | .[]", "[7, 8]", true, "7");
	answers("empty", "1", true, "null");
	answers(".[0]", "\"\\u0000\xc3\xa9\"", true, "\"\\u0000\xc3\xa9\"");
	answers(".[0].a.b", "{\"a\": 1}", false, "Cannot index number with string \"b\"");
	answers("error({a: 1})", "1", false, "{\"a\":1}");
	answers("halt", "1", false, "it halts");
	answers(".[0] |", "1", false, "syntax error, unexpected $end, line 1");
	answers("nosuch(1)", "1", false, "nosuch/1 is not defined, line 1");
}

/* None of the ways out of the program leads anywhere. */
static void test_shut_in(void **state)
{
	(void)state;
	answers("env", "1", true, "{}");
	answers("$ENV", "1", true, "{}");
	answers("try input catch \"none\"", "1", true, "\"none\"");
	answers("[inputs]", "1", true, "[]");
	answers("input_filename", "1", true, "null");
	struct jq_answer answer;
	struct buf storage = { 0 };
	struct error err = { 0 };
	static const char *const none[] = { "import \"a\" as a; 1", "include \"a\"; 1",
		"import \"/etc/passwd\" as $a; $a", "$__prog_args", NULL };
	for (size_t i = 0; none[i]; i++) {
		assert_true(ask(none[i], "1", 0, &answer, &storage, &err));
		assert_true(answer.no_program);
	}
	/* In 1.6 this one may be an assertion of jq's. */
	if (ask("input_line_number", "1", 0, &answer, &storage, &err))
		assert_false(answer.no_program);
	answers("debug | stderr | .[0]", "1", true, "1");
	buf_free(&storage);
}

static void test_batch(void **state)
{
	(void)state;
	struct span texts[] = { span_of("{\"a\":1}"), span_of("\"two\"") };
	struct jq_question questions[] = {
		{ .program = span_of(". as [$a, $b] | {($b): $a}"),
			.inputs = { 0, 1 },
			.input_count = 2 },
		{ .program = span_of("bad bad") },
		{ .program = span_of(".[0]"), .inputs = { 1 }, .input_count = 1 },
		{ .program = span_of("error"), .compile_only = true },
	};
	struct jq_ask all = { texts, 2, questions, 4, 0 };
	struct jq_answer got[4];
	struct buf storage = { 0 };
	struct error err = { 0 };
	if (!jq_helper_ask(helper, &all, got, &storage, &err))
		fail_msg("%s", err.text);
	assert_span(got[0].text, "{\"two\":{\"a\":1}}");
	assert_true(got[1].no_program);
	assert_span(got[2].text, "\"two\"");
	assert_true(got[3].ok);
	buf_free(&storage);
}

static char *nested(size_t depth)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < depth; i++)
		buf_add_char(&text, '[');
	for (size_t i = 0; i < depth; i++)
		buf_add_char(&text, ']');
	return buf_take(&text);
}

static void test_depth(void **state)
{
	(void)state;
	char *fine = nested(250), *deep = nested(20000);
	answers(".[0] | length", fine, true, "1");
	answers(".[0]", deep, false, "the message is nested more deeply than jq reads (256)");
	free(fine);
	free(deep);
}

/* What ends in an answer, an error of jq's, or the end of the process; never late, and the next
 * question is answered. */
static void test_bombs(void **state)
{
	(void)state;
	static const char *const bombs[] = { "[range(1e9)]", "def f: f; f", "def f: 1 + f; f",
		"\"x\" * 1e9", "[limit(1e9; repeat(1))]", "last(range(1e12))",
		"reduce range(1000000) as $i (null; [.])",
		"[range(300000)] | map(tostring * 10) | tostring", "[.[0] | recurse([., .])]",
		"\"\\(\"a\" * 40)\" | test(\"^(a+)+$b\")", "until(false; . + [1])",
		"input_line_number", NULL };
	for (size_t i = 0; bombs[i]; i++) {
		struct jq_answer answer;
		struct buf storage = { 0 };
		struct error err = { 0 };
		int64_t begun = clock_monotonic_ms();
		if (!ask(bombs[i], "1", 700, &answer, &storage, &err))
			assert_int_equal(err.kind, ERROR_CONFIG);
		else
			assert_in_range(answer.text.length, 1, JQ_ANSWER_MOST);
		if (clock_monotonic_ms() - begun > 20000)
			fail_msg("%s took %lld ms", bombs[i],
				(long long)(clock_monotonic_ms() - begun));
		buf_free(&storage);
		answers(".[0]", "1", true, "1");
	}
}

static void reason_has(const char *program, int64_t deadline_ms, const char *words)
{
	struct jq_answer answer;
	struct buf storage = { 0 };
	struct error err = { 0 };
	assert_false(ask(program, "1", deadline_ms, &answer, &storage, &err));
	if (!strstr(err.text, words))
		fail_msg("%s: %s", program, err.text);
	buf_free(&storage);
}

static void test_reasons(void **state)
{
	(void)state;
	reason_has("def f: f; f", 1000, "jq took longer than 1000 ms");
	answers("\"x\" * 1100000", "1", false, "its answer is larger than 1 MiB");
	if (!BUILT_SANITIZED)
		reason_has(
			"[range(1e9)]", 60000, "jq needed more memory than it may have (256 MiB)");
}

static size_t descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;
	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Killed by somebody: another one is asked; no descriptor, no zombie stays. */
static void test_restart(void **state)
{
	(void)state;
	answers(".[0]", "1", true, "1");
	size_t before = descriptors();
	for (int i = 0; i < 20; i++) {
		answers(".[0]", "1", true, "1");
		long pid = jq_helper_pid(helper);
		kill((pid_t)pid, i % 2 ? SIGKILL : SIGTERM);
		answers(".[0]", "1", true, "1");
		assert_int_not_equal(jq_helper_pid(helper), pid);
	}
	assert_int_equal(descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the one that runs is the only child */
}

/* The only child; 0: there is none. */
static int child(void)
{
	char path[64];
	int pid = 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

static void *kill_each(void *data)
{
	int *count = data, last = 0;
	for (int i = 0; i < 10000 && *count < 3; i++) {
		int pid = child();
		if (pid != last && pid != 0) {
			last = pid;
			(*count)++;
			kill(pid, SIGKILL);
		}
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* Whoever is killed each time gets an answer, too: why. */
static void test_killed_each_time(void **state)
{
	(void)state;
	pthread_t thread;
	int count = 0;
	answers(".[0]", "1", true, "1");
	pthread_create(&thread, NULL, kill_each, &count);
	reason_has("def f: f; f", 60000, "jq was killed by signal 9 in each of 3 attempts");
	pthread_join(thread, NULL);
	assert_int_equal(count, 3);
	answers(".[0]", "1", true, "1");
}

/* It ends with its owner, who is killed while it counts for ever. */
static void test_end_of_owner(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t owner = fork();
	if (owner == 0) {
		struct jq_helper *own;
		struct error err = { 0 };
		if (!jq_helper_new(&own, &err))
			_exit(1);
		long pid = jq_helper_pid(own);
		if (write(ends[1], &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
			_exit(1);
		struct jq_question question = { .program = span_of("def f: f; f") };
		struct jq_ask all = { NULL, 0, &question, 1, 60000 };
		struct jq_answer answer;
		struct buf storage = { 0 };
		jq_helper_ask(own, &all, &answer, &storage, &err);
		_exit(1);
	}
	long pid = 0;
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	close(ends[0]);
	close(ends[1]);
	poll(NULL, 0, 100);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	bool gone = false;
	for (int i = 0; i < 1000 && !gone; i++) {
		char path[64], line[256] = "";
		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		FILE *file = fopen(path, "r");
		gone = !file || !fgets(line, sizeof(line), file) || strstr(line, ") Z");
		if (file)
			fclose(file);
		poll(NULL, 0, 10);
	}
	assert_true(gone);
}

static void *many_asks(void *data)
{
	(void)data;
	for (int i = 0; i < 200; i++) {
		struct jq_answer answer;
		struct buf storage = { 0 };
		struct error err = { 0 };
		if (!ask(i % 50 == 7 ? "input_line_number" : ".[0] + 1", "1", 0, &answer, &storage,
			    &err))
			assert_int_equal(err.kind, ERROR_CONFIG);
		buf_free(&storage);
	}
	return NULL;
}

static void test_threads(void **state)
{
	(void)state;
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_asks, NULL), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	answers(".[0] + 1", "1", true, "2");
}

static int begin(void **state)
{
	struct error err = { 0 };
	(void)state;
	return jq_helper_new(&helper, &err) ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	jq_helper_free(helper);
	return 0;
}

int main(int argc, char **argv)
{
	if (jq_helper_is_called(argc, argv))
		return jq_process();
	static const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_shut_in),
		TEST(test_batch),
		TEST(test_depth),
		TEST(test_bombs),
		TEST(test_reasons),
		TEST(test_restart),
		TEST(test_killed_each_time),
		TEST(test_end_of_owner),
		TEST(test_threads),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}

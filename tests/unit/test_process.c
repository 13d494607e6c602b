/* A program runs as it was asked for, and when the run is over nothing of it is left, whatever it
 * did to get away: every process has a mark in its environment, which /proc shows. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"

static char self[PATH_MAX]; /* this program, which is the unruly child, too */
static char mark[64];

enum {
	GRACE_MS = 300,
	LOADED_MS = 8000, /* at once, beside much else */
};

/* What it printed, all of it. */
static void keep(void *data, struct span bytes)
{
	buf_add_span(data, bytes);
}

struct run {
	struct process_settings settings;
	struct process_result result;
	struct buf output;
	struct error err;
	char *environment[4];
	int64_t took_ms;
};

static void run_with(struct run *run, char *const *arguments)
{
	struct process_settings *s = &run->settings;
	char path[] = "PATH=/usr/bin:/bin";
	buf_clear(&run->output);
	run->environment[0] = mark;
	run->environment[1] = path;
	s->arguments = arguments;
	if (!s->program)
		s->program = arguments[0];
	if (!s->environment)
		s->environment = run->environment;
	if (!s->grace_ms)
		s->grace_ms = GRACE_MS;
	if (!s->output)
		s->output = keep;
	s->data = &run->output;
	int64_t start = clock_monotonic_ms();
	if (!process_run(s, &run->result, &run->err))
		fail_msg("%s", run->err.text);
	run->took_ms = clock_monotonic_ms() - start;
}

/* A shell's script. */
static void run_shell(struct run *run, const char *script)
{
	char shell[] = "/bin/sh", c[] = "-c", *text = xstrdup(script);
	char *const arguments[] = { shell, c, text, NULL };
	run->settings.program = shell;
	run_with(run, arguments);
	free(text);
}

/* One of children[] below. */
static void run_child(struct run *run, const char *name)
{
	char word[] = "child", *text = xstrdup(name);
	char *const arguments[] = { self, word, text, NULL };
	run->settings.program = self;
	run_with(run, arguments);
	free(text);
}

static void assert_exit(const struct run *run, int code)
{
	assert_int_equal(run->result.failed, PROCESS_STARTED);
	assert_false(run->result.lost || run->result.left);
	assert_true(WIFEXITED(run->result.status));
	assert_int_equal(WEXITSTATUS(run->result.status), code);
}

static bool has_mark(const char *pid)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? 0 : read(file, text, sizeof(text));
	if (file >= 0)
		close(file);
	return length > 0 && memmem(text, (size_t)length, mark, strlen(mark));
}

static int count_marked(void)
{
	DIR *proc = opendir("/proc");
	int count = 0;
	for (struct dirent *entry; (entry = readdir(proc));)
		count += has_mark(entry->d_name);
	closedir(proc);
	return count;
}

static bool none_is_left_within(int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	while (count_marked() > 0 && clock_monotonic_ms() < until)
		poll(NULL, 0, 10);
	return count_marked() == 0;
}

static void assert_nothing_left(void)
{
	assert_int_equal(count_marked(), 0);
}

static void test_plain(void **state)
{
	struct run run = { .settings.input = { "abc", 3 }, .settings.directory = "/" };
	(void)state;
	run_shell(&run, "cat; pwd; echo err >&2; exit 3");
	assert_exit(&run, 3);
	assert_string_equal(buf_text(&run.output), "abc/\nerr\n");
	run_shell(&run, "kill -9 $$");
	assert_true(WIFSIGNALED(run.result.status));
	assert_int_equal(WTERMSIG(run.result.status), SIGKILL);
	char env[] = "/usr/bin/env";
	char *const arguments[] = { env, NULL };
	run.settings.program = NULL;
	run_with(&run, arguments);
	char *expected = xasprintf("%s\nPATH=/usr/bin:/bin\n", mark);
	assert_string_equal(buf_text(&run.output), expected);
	free(expected);
	buf_free(&run.output);
}

static void test_not_started(void **state)
{
	static char none[] = "/none/such", long_text[256 * 1024];
	char *const nothing[] = { none, NULL };
	struct run run = { 0 };
	(void)state;
	run_with(&run, nothing);
	assert_int_equal(run.result.failed, PROCESS_PROGRAM);
	assert_int_equal(run.result.reason, ENOENT);
	run.settings.directory = "/none";
	run.settings.program = "/bin/true";
	run_with(&run, nothing);
	assert_int_equal(run.result.failed, PROCESS_DIRECTORY);
	assert_int_equal(run.result.reason, ENOENT);
	memset(long_text, 'x', sizeof(long_text) - 1);
	char *const too_long[] = { none, long_text, NULL };
	run.settings.directory = NULL;
	run_with(&run, too_long);
	assert_int_equal(run.result.failed, PROCESS_PROGRAM);
	assert_int_equal(run.result.reason, E2BIG);
	run_shell(&run, "exit 0");
	assert_exit(&run, 0);
	buf_free(&run.output);
}

/* Only descriptors 0 to 2, no signal blocked or ignored, though here some are. */
static void test_nothing_inherited(void **state)
{
	struct run run = { 0 };
	(void)state;
	int leak = dup(STDERR_FILENO);
	sigset_t some, before;
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &some, &before);
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	run_shell(&run, "exec ls /proc/self/fd");
	assert_string_equal(buf_text(&run.output), "0\n1\n2\n3\n"); /* 3 is ls's own */
	run_shell(&run, "exec sed -nE 's/^Sig(Blk|Ign|Pnd):\t//p' /proc/self/status");
	unsigned long long sets[3];
	assert_int_equal(
		sscanf(buf_text(&run.output), "%llx %llx %llx", &sets[0], &sets[1], &sets[2]), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sets[i] & 0x7fffffff, 0); /* 32 and 33 are the C library's */
	run_shell(&run, "cut -d ' ' -f 1,5,6 /proc/$$/stat; echo $$"); /* it leads its session */
	int pid, group, session, own;
	assert_int_equal(
		sscanf(buf_text(&run.output), "%d %d %d %d", &pid, &group, &session, &own), 4);
	assert_true(pid == own && group == own && session == own);
	signal(SIGPIPE, pipe_before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(leak);
	buf_free(&run.output);
}

static int count_descriptors(void)
{
	DIR *own = opendir("/proc/self/fd");
	int count = 0;
	while (readdir(own))
		count++;
	closedir(own);
	return count;
}

static void test_descriptors_stay_few(void **state)
{
	struct run run = { 0 };
	(void)state;
	run_shell(&run, "exit 0");
	int before = count_descriptors();
	for (int i = 0; i < 20; i++)
		run_shell(&run, i % 2 ? "exit 0" : "exec /none/such");
	assert_int_equal(count_descriptors(), before);
	buf_free(&run.output);
}

/* Larger than any pipe: nobody waits for the other. */
static void test_input(void **state)
{
	enum { LENGTH = 8 * 1024 * 1024 };
	char *text = xmalloc(LENGTH);
	for (int i = 0; i < LENGTH; i++)
		text[i] = (char)(i * 7 + i / 251);
	struct run run = { .settings.input = { text, LENGTH } };
	(void)state;
	run_shell(&run, "exec cat");
	assert_exit(&run, 0);
	assert_int_equal(run.output.length, LENGTH);
	assert_memory_equal(run.output.data, text, LENGTH);
	run_shell(&run, "exit 5");
	assert_exit(&run, 5);
	run_shell(&run, "exec <&-; sleep 0.1; echo done");
	assert_exit(&run, 0);
	assert_string_equal(buf_text(&run.output), "done\n");
	run_shell(&run, "exec head -c 1 >/dev/null");
	assert_exit(&run, 0);
	run_shell(&run, "exec >&- 2>&-; sleep 0.1; exit 4");
	assert_exit(&run, 4);
	free(text);
	buf_free(&run.output);
}

static void test_timeout(void **state)
{
	/* Time to set a trap, also beside much else. */
	enum { TIMEOUT_MS = 600 };
	struct run run = { .settings = { .timeout_ms = TIMEOUT_MS, .grace_ms = LOADED_MS } };
	(void)state;
	run_shell(&run, "trap 'echo bye; exit 7' TERM; while :; do sleep 0.05; done");
	assert_true(run.result.timed_out);
	assert_false(run.result.stopped);
	assert_exit(&run, 7);
	assert_non_null(strstr(buf_text(&run.output), "bye\n"));
	assert_in_range(run.took_ms, TIMEOUT_MS, LOADED_MS);
	run.settings.grace_ms = GRACE_MS;
	run_child(&run, "stubborn");
	assert_true(run.result.timed_out);
	assert_true(WIFSIGNALED(run.result.status));
	assert_int_equal(WTERMSIG(run.result.status), SIGKILL);
	assert_in_range(run.took_ms, TIMEOUT_MS + GRACE_MS, LOADED_MS);
	run_shell(&run, "kill -STOP $$"); /* it hears of TERM, though it stands still */
	assert_true(run.result.timed_out);
	assert_true(WIFSIGNALED(run.result.status));
	assert_int_equal(WTERMSIG(run.result.status), SIGTERM);
	assert_nothing_left();
	run_shell(&run, "exit 0");
	assert_false(run.result.timed_out);
	buf_free(&run.output);
}

static void *stop_soon(void *data)
{
	poll(NULL, 0, 200);
	atomic_store((atomic_bool *)data, true);
	return NULL;
}

static void test_stop(void **state)
{
	atomic_bool stop = false;
	struct run run = { .settings.stop = &stop };
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
	run_shell(&run, "sleep 100 & sleep 100");
	pthread_join(thread, NULL);
	assert_true(run.result.stopped);
	assert_false(run.result.timed_out);
	assert_in_range(run.took_ms, 200, LOADED_MS);
	assert_nothing_left();
	buf_free(&run.output);
}

/* Ways to get away. Each prints "away" when it has. */

static void away(void)
{
	ssize_t written = write(STDOUT_FILENO, "away\n", 5);
	(void)written;
}

static void deaf(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
}

static int stay(void)
{
	while (pause())
		;
	return 0;
}

static int child_stubborn(void)
{
	deaf();
	away();
	return stay();
}

static int child_daemon(void)
{
	if (fork() > 0) {
		poll(NULL, 0, 100); /* until it is away */
		return 0;
	}
	setsid();
	if (fork() > 0)
		_exit(0);
	deaf();
	away();
	for (int i = 0; i < 3; i++)
		close(i);
	return stay();
}

/* Many, each in a group or session of its own, some stopped, deaf. */
static int child_many(void)
{
	deaf();
	for (int i = 0; i < 40; i++) {
		if (fork() > 0)
			continue;
		if (i % 2)
			setpgid(0, 0);
		else
			setsid();
		if (i % 3 == 0)
			raise(SIGSTOP);
		if (i < 10)
			fork();
		return stay();
	}
	away();
	return 0;
}

/* Never the same process for long, some not even the same group, among many others. Should they get
 * away they burn out. */
static int child_comets(void)
{
	int64_t until = clock_monotonic_ms() + 15000;
	deaf();
	for (int i = 0; i < 200; i++)
		if (fork() == 0)
			return stay();
	for (int i = 0; i < 6; i++) {
		bool leaves = i % 2;
		if (fork() > 0)
			continue;
		while (clock_monotonic_ms() < until) {
			if (fork() > 0)
				_exit(0);
			if (leaves)
				setsid();
		}
		_exit(0);
	}
	away();
	return 0;
}

/* As many as it can, each of which does it, too; slowly enough for the machine. */
static int child_storm(void)
{
	deaf();
	away();
	for (int i = 0; i < 6; i++) {
		fork();
		poll(NULL, 0, 5);
	}
	return stay();
}

static const struct {
	const char *name;
	int (*run)(void);
} children[] = {
	{ "stubborn", child_stubborn },
	{ "daemon", child_daemon },
	{ "many", child_many },
	{ "comets", child_comets },
	{ "storm", child_storm },
};

static int be_child(const char *name)
{
	for (size_t i = 0; i < sizeof(children) / sizeof(children[0]); i++)
		if (strcmp(children[i].name, name) == 0)
			return children[i].run();
	return 99;
}

/* It is ended when it is away, however long it took. */
static atomic_bool is_away;

static void keep_until_away(void *data, struct span bytes)
{
	keep(data, bytes);
	atomic_store(&is_away, true);
}

static void test_nobody_gets_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(children) / sizeof(children[0]); i++) {
		struct run run = { .settings = { .stop = &is_away, .output = keep_until_away } };
		atomic_store(&is_away, false);
		run_child(&run, children[i].name);
		assert_false(run.result.lost || run.result.left);
		assert_string_equal(buf_text(&run.output), "away\n");
		assert_nothing_left();
		assert_in_range(run.took_ms, GRACE_MS, 8000);
		buf_free(&run.output);
	}
}

/* What a program leaves behind does not change how it ended. */
static void test_left_behind(void **state)
{
	struct run run = { .settings.timeout_ms = 2 * LOADED_MS };
	(void)state;
	run_shell(&run, "sleep 100 & exit 6");
	assert_exit(&run, 6);
	assert_false(run.result.timed_out);
	assert_in_range(run.took_ms, 0, LOADED_MS); /* sleep heeds TERM */
	assert_nothing_left();
	buf_free(&run.output);
}

/* The one who wants it, for the test below. */
static int be_owner(char *leftover, const char *ready)
{
	struct run run = { .settings.leftover = leftover };
	char *script = xasprintf("'%s' child daemon >/dev/null; echo >/proc/%d/fd/%s; "
				 "trap '' TERM; while :; do sleep 0.05; done",
		self, (int)getpid(), ready);
	run_shell(&run, script);
	free(script);
	return 0;
}

/* kill -9 of the one who wanted it. */
static void test_end_of_owner(void **state)
{
	const char *directory = getenv("TMPDIR");
	char *leftover = xasprintf("%s/portlog-test-XXXXXX", directory ? directory : P_tmpdir);
	char descriptor[16], byte;
	int file = mkstemp(leftover), ready[2];
	(void)state;
	assert_true(file >= 0 && pipe(ready) == 0);
	close(file);
	snprintf(descriptor, sizeof(descriptor), "%d", ready[1]);
	pid_t owner = fork();
	if (owner == 0) {
		execl(self, self, "owner", leftover, descriptor, NULL);
		_exit(99);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(count_marked() >= 2);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	assert_true(none_is_left_within(GRACE_MS + 3000));
	for (int i = 0; i < 100 && access(leftover, F_OK) == 0; i++)
		poll(NULL, 0, 10);
	assert_int_equal(access(leftover, F_OK), -1);
	close(ready[0]);
	free(leftover);
}

/* Whoever ends the supervisor ends the program, and the next one has another. */
static void *kill_supervisor(void *data)
{
	poll(NULL, 0, 200);
	kill(*(pid_t *)data, SIGKILL);
	return NULL;
}

static void test_end_of_supervisor(void **state)
{
	struct run run = { 0 };
	pthread_t thread;
	(void)state;
	run_shell(&run, "exit 0");
	pid_t pid = (pid_t)process_supervisor_pid();
	assert_true(pid > 0);
	assert_int_equal(pthread_create(&thread, NULL, kill_supervisor, &pid), 0);
	run_shell(&run, "exec sleep 100");
	pthread_join(thread, NULL);
	assert_true(run.result.lost);
	assert_true(none_is_left_within(1000));
	run_shell(&run, "exit 8");
	assert_exit(&run, 8);
	pid = (pid_t)process_supervisor_pid();
	kill(pid, SIGKILL);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		poll(NULL, 0, 1);
	run_shell(&run, "exit 9"); /* one that ended while it was idle */
	assert_exit(&run, 9);
	kill((pid_t)process_supervisor_pid(), SIGTERM); /* as to all of a service: it stays */
	run_shell(&run, "exit 10");
	assert_exit(&run, 10);
	buf_free(&run.output);
}

static void *run_some(void *data)
{
	(void)data;
	for (int i = 0; i < 20; i++) {
		struct run run = { 0 };
		char script[64];
		snprintf(script, sizeof(script), "echo %d; exit %d", i, i);
		run_shell(&run, script);
		assert_exit(&run, i);
		assert_int_equal(atoi(buf_text(&run.output)), i);
		buf_free(&run.output);
	}
	return NULL;
}

/* A program may kill the supervisor that would end what it leaves behind; others' programs, beside
 * it, run on. */
static void test_killer_of_its_supervisor(void **state)
{
	struct run run = { 0 };
	pthread_t other;
	(void)state;
	assert_int_equal(pthread_create(&other, NULL, run_some, NULL), 0);
	for (int i = 0; i < 5; i++) {
		run_shell(&run, "sleep 100 & (sleep 100 & sleep 100 &); kill -9 $PPID; sleep 100");
		assert_true(run.result.lost);
		assert_false(run.result.left);
	}
	pthread_join(other, NULL);
	assert_int_equal(count_marked(), 0);
	buf_free(&run.output);
}

static void test_threads(void **state)
{
	pthread_t threads[8];
	(void)state;
	int before = count_descriptors();
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_some, NULL), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count_descriptors(), before); /* their supervisors are gone, too */
}

int main(int argc, char **argv)
{
	if (process_supervisor_is_called(argc, argv))
		return process_supervise();
	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return be_child(argv[2]);
	signal(SIGPIPE, SIG_DFL); /* whatever started this */
	bool owner = argc == 4 && strcmp(argv[1], "owner") == 0;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	snprintf(mark, sizeof(mark), "PROCESS_TEST_MARK=%d", (int)(owner ? getppid() : getpid()));
	if (owner)
		return be_owner(argv[2], argv[3]);
	static const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_not_started),
		TEST(test_nothing_inherited),
		TEST(test_descriptors_stay_few),
		TEST(test_input),
		TEST(test_timeout),
		TEST(test_stop),
		TEST(test_nobody_gets_away),
		TEST(test_left_behind),
		TEST(test_end_of_owner),
		TEST(test_end_of_supervisor),
		TEST(test_killer_of_its_supervisor),
		TEST(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

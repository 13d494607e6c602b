#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/pager.h"

/* A child runs the pager, as it changes stdout and the signals for good. */
static char directory[256];

static char *path(const char *name)
{
	static char text[sizeof(directory) + 32];
	snprintf(text, sizeof(text), "%s/%s", directory, name);
	return text;
}

static int make_directory(void **state)
{
	(void)state;
	const char *top = getenv("TMPDIR");
	snprintf(directory, sizeof(directory), "%s/portlog-pager.XXXXXX",
		top && *top ? top : P_tmpdir);
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(path("page"));
	unlink(path("left"));
	return rmdir(directory);
}

/* What the pager got, and what stdout got past it. */
static const char *read_file(const char *name)
{
	static char text[256];
	FILE *file = fopen(path(name), "r");
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

static int run_child(int with_signal)
{
	pid_t child = fork();
	if (child == 0) {
		pager_start();
		fputs("first\n", stdout);
		fflush(stdout);
		if (with_signal)
			raise(with_signal);
		fputs("second\n", stdout);
		fflush(stdout);
		pager_finish();
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A pager that takes its time to leave: it is waited for. */
static void set_pager(void)
{
	char command[512];
	int length = snprintf(command, sizeof(command),
		"cd '%s'; rm -f left; cat >page; echo left >left", directory);
	assert_in_range(length, 1, sizeof(command) - 1);
	setenv("PORTLOG_PAGER", command, 1);
}

static void test_all_goes_through(void **state)
{
	(void)state;
	set_pager();
	assert_int_equal(run_child(0), 0);
	assert_string_equal(read_file("page"), "first\nsecond\n");
	assert_string_equal(read_file("left"), "left\n");
}

static void test_interrupted(void **state)
{
	(void)state;
	set_pager();
	assert_int_equal(run_child(SIGINT), 130);
	assert_string_equal(read_file("page"), "first\n");
	assert_string_equal(read_file("left"), "left\n");
}

static void test_none(void **state)
{
	(void)state;
	FILE *file = fopen(path("page"), "w");
	assert_non_null(file);
	int out = dup(STDOUT_FILENO);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	setenv("PORTLOG_PAGER", "cat", 1);
	int status = run_child(0);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	fclose(file);
	assert_int_equal(status, 0);
	assert_string_equal(read_file("page"), "first\nsecond\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_all_goes_through), TEST(test_interrupted),
		TEST(test_none) };
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

/* What becomes of who needs a library, or a function, that is not there. */
#include "unit.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libraries/library.h"

static void *found;
static const char *const libm[] = { "libnobody.so.1", "libm.so.6", NULL };
static const char *const nobody[] = { "libnobody.so.1", "libnobody.so.2", NULL };

/* In a child, which may end by it: its status, and what it said. */
static int load(
	const char *const *sonames, const char *name, bool optional, char *said, size_t size)
{
	const struct library_function functions[] = { { name, &found, optional }, { 0 } };
	const struct library library = { sonames, "libnobody1", functions };
	int ends[2], status;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		library_load(&library);
		_exit(found ? 0 : 1);
	}
	close(ends[1]);
	size_t length = 0;
	for (ssize_t got; (got = read(ends[0], said + length, size - 1 - length)) > 0;)
		length += (size_t)got;
	said[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_found(void **state)
{
	(void)state;
	char said[1000];
	assert_int_equal(load(libm, "floor", false, said, sizeof(said)), 0);
	assert_string_equal(said, "");
}

static void test_optional(void **state)
{
	(void)state;
	char said[1000];
	assert_int_equal(load(libm, "portlog_nothing", true, said, sizeof(said)), 1);
	assert_string_equal(said, "");
}

static void test_missing(void **state)
{
	(void)state;
	char said[1000];
	assert_int_equal(load(nobody, "floor", false, said, sizeof(said)), 4);
	assert_string_equal(said,
		"portlog: cannot load libnobody.so.1: libnobody.so.1: cannot open shared object "
		"file:"
		" No such file or directory; install it (Debian's package libnobody1)\n");
	assert_int_equal(load(libm, "portlog_nothing", false, said, sizeof(said)), 4);
	assert_non_null(strstr(said, "portlog: libnobody.so.1 is too old, or another's: "));
	assert_non_null(strstr(said, "portlog_nothing\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_found), TEST(test_optional),
		TEST(test_missing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The control socket: a line asks, a line answers, on paths of any length, for the owner alone. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "net/control.h"

enum { PATIENCE_MS = 20000 };

struct served {
	char *directory;
	char *path; /* of the store that is not there */
	struct control *control;
	pthread_t thread;
	atomic_bool stop;
};

static void echo(void *data, struct span line, struct buf *answer)
{
	(void)data;
	buf_add_text(answer, "you said ");
	buf_add_span(answer, line);
	if (span_is(line, "much"))
		for (int i = 0; i < 1000000; i++)
			buf_add_char(answer, 'x');
}

static void *serve(void *data)
{
	struct served *s = data;
	while (!atomic_load(&s->stop)) {
		struct pollfd wait = { .fd = control_descriptor(s->control), .events = POLLIN };
		poll(&wait, 1, 20);
		control_serve(s->control, echo, NULL);
	}
	return NULL;
}

static int set_up(void **state)
{
	struct served *s = xcalloc(1, sizeof(*s));
	struct error err = { 0 };
	char top[] = P_tmpdir "/control.XXXXXX";
	assert_non_null(mkdtemp(top));
	/* Longer than a socket's address may be. */
	s->directory = xasprintf("%s/%0150d", top, 0);
	assert_int_equal(mkdir(s->directory, 0700), 0);
	s->path = xasprintf("%s/store.db", s->directory);
	assert_true(control_open(s->path, &s->control, &err));
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct served *s = *state;
	struct buf answer = { 0 };
	struct error err = { 0 };
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	control_close(s->control);
	assert_false(control_ask(s->path, "anybody?", PATIENCE_MS, &answer, &err));
	assert_int_equal(err.kind, ERROR_NEGATIVE);
	assert_int_equal(rmdir(s->directory), 0); /* the socket has gone, too */
	*strrchr(s->directory, '/') = '\0';
	assert_int_equal(rmdir(s->directory), 0);
	free(s->directory);
	free(s->path);
	free(s);
	return 0;
}

static void test_answers(void **state)
{
	struct served *s = *state;
	for (int i = 0; i < 40; i++) { /* more than may be connected at once */
		struct buf answer = { 0 };
		struct error err = { 0 };
		assert_true(control_ask(s->path, "{\"ask\":1}", PATIENCE_MS, &answer, &err));
		assert_string_equal(buf_text(&answer), "you said {\"ask\":1}");
		buf_free(&answer);
	}
}

static void test_answers_that_are_long(void **state)
{
	struct served *s = *state;
	struct buf answer = { 0 };
	struct error err = { 0 };
	assert_true(control_ask(s->path, "much", PATIENCE_MS, &answer, &err));
	assert_int_equal(answer.length, strlen("you said much") + 1000000);
	buf_free(&answer);
}

static void test_is_the_owners(void **state)
{
	struct served *s = *state;
	struct stat status;
	char *path = xasprintf("%s.sock", s->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_answers_that_are_long),
		TEST(test_is_the_owners),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

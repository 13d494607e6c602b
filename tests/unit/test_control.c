/* The control socket: a line asks, a line answers, on paths of any length, for the owner alone. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "net/control.h"

enum { PATIENCE_MS = 20000, CLIENTS = 16 };

/* Time passes. */
static atomic_llong shift_ms;
int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);

int64_t __wrap_clock_monotonic_ms(void)
{
	return __real_clock_monotonic_ms() + atomic_load(&shift_ms);
}

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

/* One that says nothing; -1 where as many wait as may. */
static int connect_idle(const char *store_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = xasprintf("%s.sock", store_path);
	char *slash = strrchr(path, '/');
	*slash = '\0';
	int directory = open(path, O_PATH | O_DIRECTORY);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%.40s", directory,
		slash + 1);
	free(path);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(directory >= 0 && client >= 0);
	int failure =
		connect(client, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	close(directory);
	if (failure == 0)
		return client;
	assert_int_equal(failure, EAGAIN);
	close(client);
	return -1;
}

static void assert_answers(const char *path)
{
	struct buf answer = { 0 };
	struct error err = { 0 };
	assert_true(control_ask(path, "1", PATIENCE_MS, &answer, &err));
	buf_free(&answer);
}

/* Who asks nothing takes no place for long. */
static void test_idle_clients(void **state)
{
	struct served *s = *state;
	int clients[CLIENTS];
	char byte;
	for (int i = 0; i < CLIENTS; i++) {
		while ((clients[i] = connect_idle(s->path)) < 0)
			poll(NULL, 0, 1);
		if (i == 0)
			assert_answers(s->path);
	}
	atomic_fetch_add(&shift_ms, 1000);
	assert_answers(s->path);
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	int alone = connect_idle(s->path);
	assert_answers(s->path); /* it was accepted before */
	assert_int_equal(recv(alone, &byte, 1, 0), -1);
	atomic_fetch_add(&shift_ms, 10000);
	struct pollfd dropped = { .fd = alone, .events = POLLIN };
	assert_int_equal(poll(&dropped, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(alone, &byte, 1, 0), 0);
	close(alone);
}

/* A recorder that is stuck, and so many ask it already that no more can. */
static void test_stuck(void **state)
{
	struct served *s = *state;
	struct control *control;
	struct buf answer = { 0 };
	struct error err = { 0 };
	int clients[4 * CLIENTS], count = 0;
	char *path = xasprintf("%s/stuck.db", s->directory);
	assert_true(control_open(path, &control, &err));
	assert_false(control_ask(path, "1", 50, &answer, &err));
	assert_int_equal(err.kind, ERROR_STORE);
	while ((clients[count] = connect_idle(path)) >= 0)
		count++;
	assert_in_range(count, CLIENTS, 4 * CLIENTS - 1);
	assert_false(control_ask(path, "1", 50, &answer, &err));
	assert_int_equal(err.kind, ERROR_STORE);
	assert_true(err.transient && strstr(err.text, "did not answer in time"));
	while (count > 0)
		close(clients[--count]);
	control_close(control);
	buf_free(&answer);
	free(path);
}

/* Who cannot be accepted for want of a descriptor must not keep the recorder busy. */
static void test_no_descriptor(void **state)
{
	struct served *s = *state;
	struct control *control;
	struct error err = { 0 };
	struct rlimit before, none;
	char *path = xasprintf("%s/none.db", s->directory);
	assert_true(control_open(path, &control, &err));
	int client = connect_idle(path);
	struct pollfd wait = { .fd = control_descriptor(control), .events = POLLIN };
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	control_serve(control, echo, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_int_equal(send(client, "hi\n", 3, 0), 3);
	atomic_fetch_add(&shift_ms, 1000);
	for (int i = 0; i < 2; i++) /* accepted, answered */
		control_serve(control, echo, NULL);
	char text[32];
	assert_int_equal(recv(client, text, sizeof(text), 0), strlen("you said hi\n"));
	close(client);
	control_close(control);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_answers_that_are_long),
		TEST(test_is_the_owners),
		TEST(test_idle_clients),
		TEST(test_stuck),
		TEST(test_no_descriptor),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

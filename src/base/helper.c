#include "base/helper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"

bool helper_is_called(const struct helper_settings *settings, int argc, char *const *argv)
{
	int type = 0;
	socklen_t length = sizeof(type);
	return argc == 2 && strcmp(argv[1], settings->word) == 0 &&
	       getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	       type == settings->socket_type;
}

static pthread_mutex_t helpers_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pids helpers;

const struct pids *helpers_lock(void)
{
	pthread_mutex_lock(&helpers_mutex);
	return &helpers;
}

void helpers_unlock(void)
{
	pthread_mutex_unlock(&helpers_mutex);
}

static void add(pid_t pid)
{
	if (helpers.count == helpers.capacity) {
		helpers.capacity = helpers.capacity ? 2 * helpers.capacity : 16;
		helpers.items =
			xreallocarray(helpers.items, helpers.capacity, sizeof(*helpers.items));
	}
	helpers.items[helpers.count++] = pid;
}

void helper_ended(pid_t pid)
{
	pthread_mutex_lock(&helpers_mutex);
	for (size_t i = 0; i < helpers.count; i++)
		if (helpers.items[i] == pid)
			helpers.items[i--] = helpers.items[--helpers.count];
	pthread_mutex_unlock(&helpers_mutex);
}

/* 0, or what errno would be. */
static int spawn(const struct helper_settings *settings, int socket, pid_t *ret_pid)
{
	char *name = xstrdup("portlog"), *word = xstrdup(settings->word);
	char *const argv[] = { name, word, NULL };
	char *const environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t blocked, all;
	sigfillset(&all);
	sigemptyset(&blocked);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, settings->blocked ? &all : &blocked);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
	int why = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(name);
	free(word);
	return why;
}

bool helper_start(
	const struct helper_settings *settings, pid_t *ret_pid, int *ret_socket, struct error *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, settings->socket_type | SOCK_CLOEXEC, 0, pair) != 0)
		return error_set_transient(err, ERROR_STORE, "no socket: %s", strerror(errno));
	pthread_mutex_lock(&helpers_mutex);
	int why = spawn(settings, pair[1], ret_pid);
	if (!why)
		add(*ret_pid);
	pthread_mutex_unlock(&helpers_mutex);
	close(pair[1]);
	if (!why) {
		*ret_socket = pair[0];
		return true;
	}
	close(pair[0]);
	return error_set_transient(err, ERROR_STORE, "/proc/self/exe: %s", strerror(why));
}

bool helper_write(int descriptor, struct span bytes)
{
	while (bytes.length > 0) {
		ssize_t put = write(descriptor, bytes.data, bytes.length);
		if (put < 0 && errno != EINTR)
			return false;
		size_t done = put > 0 ? (size_t)put : 0;
		bytes = span_make(bytes.data + done, bytes.length - done);
	}
	return true;
}

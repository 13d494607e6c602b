#include "demo/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { CANNOT_RUN = 127, LOOK_AGAIN_MS = 5 };

extern char **environ;

/* Names that would tell portlog of another store, broker or account. */
static bool is_of_portlog(const char *variable)
{
	static const char *const beginnings[] = { "PORT_", "PORTLOG_", "KAFKA_",
		"STATE_DIRECTORY=", "CONTROL_THE_PAYLOAD_", "STREAMER_NAME=" };
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (strncmp(variable, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

static void environment_fill(const struct text_pairs *more, struct text_list *ret_environment)
{
	for (char **variable = environ; *variable; variable++)
		if (!is_of_portlog(*variable))
			text_list_add(ret_environment, *variable);
	for (size_t i = 0; i < more->count; i++) {
		char *variable = xasprintf("%s=%s", more->items[i].name, more->items[i].value);
		text_list_add(ret_environment, variable);
		free(variable);
	}
}

/* Between fork and exec in a process with threads: nothing but system calls. */
static void become(const struct child_settings *settings, const char *program, char **environment,
	pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (settings->apart) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(CANNOT_RUN);
	}
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(input, STDIN_FILENO);
	if (settings->output) {
		int output =
			open(settings->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	execve(program, settings->arguments->items, environment);
	_exit(CANNOT_RUN);
}

bool child_start(const struct child_settings *settings, struct child *ret_child, struct error *err)
{
	struct text_list environment = { 0 };
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length < 0)
		return error_set(err, ERROR_STORE,
			"cannot find this program's own file: %s; is /proc mounted?",
			strerror(errno));
	program[length] = '\0';
	environment_fill(settings->environment, &environment);
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		become(settings, program, environment.items, parent);
	int reason = errno;
	text_list_clear(&environment);
	if (pid < 0)
		return error_set(err, ERROR_STORE, "cannot start '%s': %s",
			settings->arguments->items[0], strerror(reason));
	*ret_child = (struct child){ .pid = pid };
	return true;
}

bool child_has_ended(struct child *child)
{
	if (!child->has_ended && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->has_ended = true;
	return child->has_ended;
}

void child_wait(struct child *child)
{
	while (!child->has_ended)
		child->has_ended =
			waitpid(child->pid, &child->status, 0) == child->pid || errno != EINTR;
}

void child_stop(struct child *child, int64_t timeout_ms)
{
	if (child->pid == 0 || child_has_ended(child))
		return;
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	kill(child->pid, SIGTERM);
	while (!child_has_ended(child) && clock_monotonic_ms() < deadline_ms)
		poll(NULL, 0, LOOK_AGAIN_MS);
	if (!child->has_ended)
		kill(child->pid, SIGKILL);
	child_wait(child);
}

/* The supervisor's side: one job after another, as long as somebody is at the socket's other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/process_parts.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"

enum {
	CONTROL = STDIN_FILENO,
	CANNOT_RUN = 127,
	/* Between two rounds of KILL, and after so many of them. */
	PAUSE_MS = 1,
	PAUSE_LATER_MS = 20,
	ROUNDS_QUICK = 500,
	ROUNDS_OF_CHILDREN = 20, /* in each of them */
	REAPING_MS = 100,
};

struct job {
	char *texts; /* holds all that follows */
	const char *program;
	const char *directory; /* "": none */
	const char *leftover;  /* "": none */
	char **arguments;
	char **environment;
	int input, output; /* -1: closed */
	int64_t grace_ms;
};

struct supervisor {
	int signals; /* tells of children that ended */
	struct job job;
	pid_t program; /* 0: has ended */
	bool told;     /* that it is to end */
	bool alone;    /* nobody is at the other end */
	bool ending;
	bool more_ended; /* than were reaped */
	int64_t kill_ms; /* when KILL begins */
	unsigned rounds;
};

static void tell(const struct process_message *message)
{
	while (send(CONTROL, message, sizeof(*message), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* A job as it comes */

static bool read_texts(int file, char **ret_texts, size_t *ret_length)
{
	struct stat info;
	if (fstat(file, &info) != 0 || info.st_size < 0)
		return false;
	size_t length = (size_t)info.st_size, done = 0;
	char *texts = xmalloc(length + 1);
	while (done < length) {
		ssize_t got = pread(file, texts + done, length - done, (off_t)done);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	texts[length] = '\0';
	*ret_texts = texts;
	*ret_length = length;
	return done == length;
}

static char *take_text(char **rest, const char *end)
{
	char *text = *rest;
	if (text < end)
		*rest += strlen(text) + 1;
	return text;
}

static bool fill_job(struct job *job, const struct process_message *start, int texts)
{
	size_t length = 0;
	if (!read_texts(texts, &job->texts, &length))
		return false;
	char *rest = job->texts;
	const char *end = rest + length;
	job->grace_ms = start->grace_ms;
	job->program = take_text(&rest, end);
	job->directory = take_text(&rest, end);
	job->leftover = take_text(&rest, end);
	job->arguments = xcalloc((size_t)start->argument_count + 1, sizeof(*job->arguments));
	for (uint32_t i = 0; i < start->argument_count; i++)
		job->arguments[i] = take_text(&rest, end);
	job->environment = xcalloc((size_t)start->environment_count + 1, sizeof(*job->environment));
	for (uint32_t i = 0; i < start->environment_count; i++)
		job->environment[i] = take_text(&rest, end);
	return true;
}

static void close_ends(struct job *job)
{
	if (job->input >= 0)
		close(job->input);
	if (job->output >= 0)
		close(job->output);
	job->input = job->output = -1;
}

static void job_release(struct job *job)
{
	close_ends(job);
	free(job->texts);
	free(job->arguments);
	free(job->environment);
	*job = (struct job){ .input = -1, .output = -1 };
}

/* False: nobody is there any more. */
static bool receive(struct process_message *message, int descriptors[PROCESS_DESCRIPTORS])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(PROCESS_DESCRIPTORS * sizeof(int))];
	} control = { 0 };
	struct iovec part = { message, sizeof(*message) };
	struct msghdr all = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t got;
	do {
		got = recvmsg(CONTROL, &all, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&all);
	for (int i = 0; i < PROCESS_DESCRIPTORS; i++)
		descriptors[i] = -1;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(descriptors, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
	return got == (ssize_t)sizeof(*message);
}

/* The program's start */

struct failure {
	enum process_step step;
	int reason;
};

static void fail(int report, enum process_step step)
{
	const struct failure failure = { step, errno };
	ssize_t written = write(report, &failure, sizeof(failure));
	(void)written;
	_exit(CANNOT_RUN);
}

/* Between fork and exec. Everything else that is open closes itself. */
static void become(const struct job *job, pid_t supervisor, int report)
{
	sigset_t none;
	sigemptyset(&none);
	setsid();
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
	if (getppid() != supervisor)
		_exit(CANNOT_RUN);
	if (dup2(job->input, STDIN_FILENO) < 0 || dup2(job->output, STDOUT_FILENO) < 0 ||
		dup2(job->output, STDERR_FILENO) < 0)
		fail(report, PROCESS_SYSTEM);
	if (*job->directory && chdir(job->directory) != 0)
		fail(report, PROCESS_DIRECTORY);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(job->program, job->arguments, job->environment);
	fail(report, PROCESS_PROGRAM);
}

static struct failure start(struct supervisor *s)
{
	struct failure failure = { PROCESS_STARTED, 0 };
	pid_t self = getpid();
	int report[2];
	if (pipe2(report, O_CLOEXEC) != 0)
		return (struct failure){ PROCESS_SYSTEM, errno };
	s->program = fork();
	if (s->program == 0)
		become(&s->job, self, report[1]);
	if (s->program < 0)
		failure = (struct failure){ PROCESS_SYSTEM, errno };
	close(report[1]);
	ssize_t got = -1;
	while (s->program > 0 && got < 0) {
		got = read(report[0], &failure, sizeof(failure));
		if (got < 0 && errno != EINTR)
			break;
	}
	close(report[0]);
	if (failure.step != PROCESS_STARTED && s->program > 0)
		waitpid(s->program, NULL, 0);
	return failure;
}

/* Its end */

static void begin_ending(struct supervisor *s)
{
	if (s->ending)
		return;
	s->ending = true;
	s->kill_ms = clock_monotonic_ms() + s->job.grace_ms;
	process_tree_terminate();
}

/* False: no child is left, and so nothing at all. Not for ever: others may end faster than they
 * are reaped. */
static bool reap(struct supervisor *s)
{
	int64_t until = clock_monotonic_ms() + REAPING_MS;
	int status;
	pid_t pid = 1;
	while (clock_monotonic_ms() < until && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != s->program)
			continue;
		const struct process_message ended = {
			.word = PROCESS_WORD_ENDED, .status = status, .told = s->told
		};
		s->program = 0;
		tell(&ended);
	}
	if (pid < 0)
		return false;
	s->more_ended = pid > 0;
	if (s->program == 0)
		begin_ending(s);
	return true;
}

static void hear(struct supervisor *s)
{
	struct process_message message;
	int descriptors[PROCESS_DESCRIPTORS];
	if (!receive(&message, descriptors))
		s->alone = true;
	s->told = true;
	begin_ending(s);
}

static int patience_ms(const struct supervisor *s)
{
	if (s->more_ended)
		return 0;
	if (!s->ending)
		return -1;
	int64_t left = s->kill_ms - clock_monotonic_ms();
	if (left > 0)
		return (int)left;
	return s->rounds < ROUNDS_QUICK ? PAUSE_MS : PAUSE_LATER_MS;
}

/* The dead are buried between, for they are in the way. */
static void kill_all(struct supervisor *s)
{
	for (int i = 0; i < ROUNDS_OF_CHILDREN && reap(s); i++)
		process_tree_kill_children();
	process_tree_kill();
	s->rounds++;
}

/* Until nothing is left. False: something is that cannot be ended. */
static bool watch(struct supervisor *s)
{
	while (reap(s)) {
		struct pollfd ends[] = { { .fd = s->alone ? -1 : CONTROL, .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN } };
		poll(ends, 2, patience_ms(s));
		if (ends[0].revents)
			hear(s);
		if (ends[1].revents) {
			struct signalfd_siginfo info;
			while (read(s->signals, &info, sizeof(info)) > 0)
				;
		}
		int64_t now = clock_monotonic_ms();
		if (s->ending && now >= s->kill_ms + PROCESS_GIVE_UP_MS)
			return false;
		if (s->ending && now >= s->kill_ms)
			kill_all(s);
	}
	return true;
}

/* False: this was the last one. */
static bool do_job(struct supervisor *s)
{
	struct failure failure = start(s);
	close_ends(&s->job);
	if (failure.step != PROCESS_STARTED) {
		const struct process_message failed = {
			.word = PROCESS_WORD_FAILED, .step = failure.step, .reason = failure.reason
		};
		tell(&failed);
		return true;
	}
	bool ended = watch(s);
	const struct process_message done = { .word = PROCESS_WORD_DONE, .left = !ended };
	if (s->alone && *s->job.leftover)
		unlink(s->job.leftover);
	tell(&done);
	return ended && !s->alone;
}

/* Of what it got, only the socket stays. Signals to it, as to all of a service, end nothing: who
 * is at the other end decides. */
static bool prepare(struct supervisor *s)
{
	sigset_t all, child;
	sigfillset(&all);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &all, NULL);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
		(!BUILT_SANITIZED && dup2(nothing, STDERR_FILENO) < 0))
		return false;
	if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
		for (int i = 3; i < 4096; i++)
			close(i);
	prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
	s->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) == 0;
}

/* It blocks all signals: those that go to a whole service are portlog's to answer. */
const struct helper_settings process_supervisor_helper = { PROCESS_SUPERVISOR_WORD, SOCK_SEQPACKET,
	true };

bool process_supervisor_is_called(int argc, char *const *argv)
{
	return helper_is_called(&process_supervisor_helper, argc, argv);
}

int process_supervise(void)
{
	struct supervisor s = { 0 };
	struct process_message message;
	int descriptors[PROCESS_DESCRIPTORS];
	bool more = prepare(&s);
	while (more && receive(&message, descriptors)) {
		if (message.word != PROCESS_WORD_START)
			continue; /* it had ended before it was told to */
		s = (struct supervisor){ .signals = s.signals,
			.job = { .input = descriptors[1], .output = descriptors[2] } };
		more = fill_job(&s.job, &message, descriptors[0]);
		close(descriptors[0]);
		more = more && do_job(&s);
		job_release(&s.job);
	}
	_exit(0);
}

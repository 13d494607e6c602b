#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process_parts.h"
#include "base/xalloc.h"

enum {
	LOOK_MS = 100, /* at settings->stop */
	ADOPTED_MS = 2,
	CHUNK_BYTES = 64 * 1024,
	LAST_CHUNKS =
		32, /* more than a pipe holds: somebody else has got it, and goes on writing */
	/* A supervisor that has said nothing for so much longer than ending takes is stuck. */
	STUCK_MS = PROCESS_GIVE_UP_MS + 5000,
};

/* The thread's supervisor */

struct process {
	pid_t pid; /* 0: there is none */
	int control;
	char *chunk;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

/* One that is idle ends by itself. */
static void close_supervisor(struct process *p, bool kill_it)
{
	if (p->pid <= 0)
		return;
	if (kill_it)
		kill(p->pid, SIGKILL);
	close(p->control);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	helper_ended(p->pid);
	p->pid = 0;
	p->control = -1;
}

static void process_free(void *data)
{
	struct process *p = data;
	close_supervisor(p, false);
	free(p->chunk);
	free(p);
}

static void make_key(void)
{
	if (pthread_key_create(&thread_key, process_free) != 0)
		abort(); /* out of memory */
}

static struct process *process_of_thread(void)
{
	pthread_once(&key_once, make_key);
	struct process *p = pthread_getspecific(thread_key);
	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->control = -1;
	p->chunk = xmalloc(CHUNK_BYTES);
	if (pthread_setspecific(thread_key, p) != 0)
		abort(); /* out of memory */
	return p;
}

long process_supervisor_pid(void)
{
	return process_of_thread()->pid;
}

static bool open_supervisor(struct process *p, struct error *err)
{
	/* A program may kill its supervisor: what it has started is ours then, not init's. */
	prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	if (p->pid > 0 || helper_start(&process_supervisor_helper, &p->pid, &p->control, err))
		return true;
	p->pid = 0;
	p->control = -1;
	return error_prefix(err, "cannot start a program");
}

/* A job's beginning */

struct run {
	const struct process_settings *settings;
	struct process *process;
	struct process_result result;
	struct span input; /* what is left of it */
	int input_end, output_end;
	int64_t deadline_ms; /* INT64_MAX: none */
	int64_t stuck_ms;    /* likewise, as long as nothing was to end */
	bool told;           /* END was sent, or is not needed any more */
	bool ended;          /* the program has; status is its */
	bool over;
};

static uint32_t add_texts(char *const *texts, struct buf *out)
{
	uint32_t count = 0;
	for (; texts[count]; count++)
		buf_add(out, texts[count], strlen(texts[count]) + 1);
	return count;
}

/* The texts may be larger than a socket takes at once. -1: errno says why. */
static int make_texts(const struct process_settings *settings, struct process_message *start)
{
	struct buf texts = { 0 };
	const char *const singles[] = { settings->program, settings->directory,
		settings->leftover };
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		buf_add_text(&texts, singles[i] ? singles[i] : "");
		buf_add_char(&texts, '\0');
	}
	start->argument_count = add_texts(settings->arguments, &texts);
	start->environment_count = add_texts(settings->environment, &texts);
	int file = memfd_create("portlog-job", MFD_CLOEXEC);
	if (file >= 0 && !helper_write(file, buf_span(&texts))) {
		close(file);
		file = -1;
	}
	buf_free(&texts);
	return file;
}

static bool send_start(int control, const struct process_message *start,
	const int descriptors[PROCESS_DESCRIPTORS])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(PROCESS_DESCRIPTORS * sizeof(int))];
	} space = { 0 };
	struct process_message message = *start;
	struct iovec part = { &message, sizeof(message) };
	struct msghdr all = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &space,
		.msg_controllen = sizeof(space) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&all);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(PROCESS_DESCRIPTORS * sizeof(int));
	memcpy(CMSG_DATA(header), descriptors, PROCESS_DESCRIPTORS * sizeof(int));
	ssize_t sent;
	do {
		sent = sendmsg(control, &all, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* One that was kept may have been ended meanwhile, by whoever ran out of memory. */
static bool hand_over(struct run *run, const struct process_message *start,
	const int descriptors[PROCESS_DESCRIPTORS], struct error *err)
{
	struct process *p = run->process;
	for (int tries = 0; tries < 2; tries++) {
		if (!open_supervisor(p, err))
			return false;
		if (send_start(p->control, start, descriptors))
			return true;
		int why = errno;
		close_supervisor(p, true);
		error_set_transient(err, ERROR_STORE,
			"cannot start a program: its supervisor does not listen: %s",
			strerror(why));
	}
	return false;
}

static void close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static bool begin(struct run *run, struct error *err)
{
	struct process_message start = { .word = PROCESS_WORD_START,
		.grace_ms = run->settings->grace_ms };
	int input[2] = { -1, -1 }, output[2] = { -1, -1 }, texts = -1;
	bool ok = pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0 &&
		  (texts = make_texts(run->settings, &start)) >= 0;
	if (!ok)
		error_set_transient(
			err, ERROR_STORE, "cannot start a program: %s", strerror(errno));
	const int descriptors[PROCESS_DESCRIPTORS] = { texts, input[0], output[1] };
	ok = ok && hand_over(run, &start, descriptors, err);
	close_end(&texts);
	close_end(&input[0]);
	close_end(&output[1]);
	run->input_end = input[1];
	run->output_end = output[0];
	if (ok) {
		fcntl(run->input_end, F_SETFL, O_NONBLOCK);
		fcntl(run->output_end, F_SETFL, O_NONBLOCK);
	}
	return ok;
}

/* While it runs */

/* Without SIGPIPE, whatever the process does with that. */
static ssize_t write_quietly(int end, struct span bytes)
{
	static const struct timespec at_once = { 0 };
	sigset_t broken, before, pending;
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	ssize_t put = write(end, bytes.data, bytes.length);
	int why = errno;
	if (put < 0 && why == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&broken, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return put;
}

/* Whoever does not want it all need not read it. */
static void feed(struct run *run)
{
	while (run->input.length > 0) {
		ssize_t put = write_quietly(run->input_end, run->input);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return;
		if (put < 0)
			break;
		run->input = span_make(run->input.data + put, run->input.length - (size_t)put);
	}
	close_end(&run->input_end);
}

/* False: there is nothing more at the moment. */
static bool take_output(struct run *run)
{
	char *chunk = run->process->chunk;
	ssize_t got = read(run->output_end, chunk, CHUNK_BYTES);
	if (got > 0) {
		run->settings->output(run->settings->data, span_make(chunk, (size_t)got));
		return true;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_end(&run->output_end);
	return false;
}

static void begin_ending(struct run *run)
{
	run->told = true;
	run->stuck_ms = clock_monotonic_ms() + run->settings->grace_ms + STUCK_MS;
}

/* What a supervisor that was killed had adopted comes to us. False: some of it cannot be ended.
 * One that forks may be overlooked once, for /proc is not read in one moment. */
static bool end_adopted(void)
{
	int64_t give_up_ms = clock_monotonic_ms() + PROCESS_GIVE_UP_MS;
	int none = 0;
	while (none < 2 && clock_monotonic_ms() < give_up_ms) {
		size_t alive = process_tree_kill_adopted(helpers_lock());
		helpers_unlock();
		none = alive > 0 ? 0 : none + 1;
		if (alive > 0)
			poll(NULL, 0, ADOPTED_MS);
	}
	return none == 2;
}

/* Something ended the supervisor, or must. */
static void lose(struct run *run)
{
	run->result.lost = !run->ended;
	run->over = true;
	close_supervisor(run->process, true);
	run->result.left = !end_adopted();
}

/* What the supervisor says. */
static void hear(struct run *run)
{
	struct process_message message;
	struct process_result *result = &run->result;
	ssize_t got = recv(run->process->control, &message, sizeof(message), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got != (ssize_t)sizeof(message)) {
		lose(run);
		return;
	}
	switch ((enum process_word)message.word) {
	case PROCESS_WORD_FAILED:
		result->failed = (enum process_step)message.step;
		result->reason = message.reason;
		run->over = true;
		break;
	case PROCESS_WORD_ENDED:
		result->status = message.status;
		if (!message.told)
			result->timed_out = result->stopped = false;
		run->ended = true;
		begin_ending(run);
		break;
	default: /* DONE */
		result->left = message.left;
		run->over = true;
		if (message.left)
			close_supervisor(run->process, false);
	}
}

/* Whether it is time for it to end, by whom or what. */
static void look_at_limits(struct run *run)
{
	static const struct process_message end = { .word = PROCESS_WORD_END };
	int64_t now = clock_monotonic_ms();
	if (now >= run->stuck_ms) {
		lose(run);
		return;
	}
	if (run->told)
		return;
	run->result.stopped = run->settings->stop && atomic_load(run->settings->stop);
	run->result.timed_out = !run->result.stopped && now >= run->deadline_ms;
	if (!run->result.stopped && !run->result.timed_out)
		return;
	begin_ending(run);
	(void)send(run->process->control, &end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int patience_ms(const struct run *run)
{
	int64_t now = clock_monotonic_ms();
	int64_t until = run->told ? run->stuck_ms : run->deadline_ms;
	int64_t most = !run->told && run->settings->stop ? LOOK_MS : 60000;
	int64_t left = until > now ? until - now : 0;
	return (int)(left < most ? left : most);
}

static void step(struct run *run)
{
	struct pollfd ends[] = { { .fd = run->process->control, .events = POLLIN },
		{ .fd = run->output_end, .events = POLLIN },
		{ .fd = run->input_end, .events = POLLOUT } };
	poll(ends, 3, patience_ms(run));
	if (ends[2].revents)
		feed(run);
	if (ends[1].revents)
		take_output(run);
	if (ends[0].revents)
		hear(run);
	if (!run->over)
		look_at_limits(run);
}

bool process_run(const struct process_settings *settings, struct process_result *ret_result,
	struct error *err)
{
	struct run run = { .settings = settings,
		.process = process_of_thread(),
		.input = settings->input,
		.stuck_ms = INT64_MAX,
		.deadline_ms = settings->timeout_ms > 0
				       ? clock_monotonic_ms() + settings->timeout_ms
				       : INT64_MAX };
	bool ok = begin(&run, err);
	while (ok && !run.over)
		step(&run);
	for (int i = 0; ok && i < LAST_CHUNKS && run.output_end >= 0 && take_output(&run); i++)
		;
	close_end(&run.input_end);
	close_end(&run.output_end);
	if (ok)
		*ret_result = run.result;
	return ok;
}

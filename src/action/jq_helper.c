#include "action/jq_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "action/jq.h"
#include "base/clock.h"
#include "base/helper.h"
#include "base/xalloc.h"

enum {
	DYING_MS = 1000,
	ASKS_MOST = 3, /* of a process that somebody kills */
};

struct jq_helper {
	pthread_mutex_t mutex;
	pid_t pid;  /* 0: none is running */
	int socket; /* -1 then */
};

static const struct helper_settings helper_settings = { JQ_HELPER_WORD, SOCK_STREAM, false };

bool jq_helper_is_called(int argc, char *const *argv)
{
	return helper_is_called(&helper_settings, argc, argv);
}

static bool start(struct jq_helper *helper, struct error *err)
{
	if (helper->pid > 0)
		return true;
	if (!helper_start(&helper_settings, &helper->pid, &helper->socket, err)) {
		helper->pid = 0;
		helper->socket = -1;
		return error_prefix(err, "cannot start jq");
	}
	fcntl(helper->socket, F_SETFL, O_NONBLOCK);
	return true;
}

/* Ends it; one that is on its way out is waited for a moment, for how it ends says why. Returns
 * that as waitpid has it, 0 where it had to be killed here. */
static int end(struct jq_helper *helper, int patience_ms)
{
	int status = 0;
	pid_t gone = 0;
	if (helper->pid <= 0)
		return 0;
	for (int i = 0; i < patience_ms / 5 && gone == 0; i++) {
		gone = waitpid(helper->pid, &status, WNOHANG);
		if (gone == 0)
			poll(NULL, 0, 5);
	}
	if (gone == 0) {
		kill(helper->pid, SIGKILL);
		while (waitpid(helper->pid, &status, 0) < 0 && errno == EINTR)
			;
		status = 0;
	}
	helper_ended(helper->pid);
	close(helper->socket);
	helper->socket = -1;
	helper->pid = 0;
	return status;
}

bool jq_helper_new(struct jq_helper **ret_helper, struct error *err)
{
	struct jq_helper *helper = xcalloc(1, sizeof(*helper));
	jq_library_version(); /* where libjq is missing this process ends, not the helper each time
			       */
	pthread_mutex_init(&helper->mutex, NULL);
	helper->socket = -1;
	if (!start(helper, err)) {
		jq_helper_free(helper);
		return false;
	}
	*ret_helper = helper;
	return true;
}

void jq_helper_free(struct jq_helper *helper)
{
	if (!helper)
		return;
	end(helper, 0);
	pthread_mutex_destroy(&helper->mutex);
	free(helper);
}

long jq_helper_pid(struct jq_helper *helper)
{
	return helper->pid;
}

static void add_number(struct buf *out, size_t number)
{
	uint32_t n = (uint32_t)number;
	buf_add(out, &n, sizeof(n));
}

static void add_text(struct buf *out, struct span text)
{
	add_number(out, text.length);
	buf_add_span(out, text);
}

static bool write_ask(const struct jq_ask *ask, struct buf *out, struct error *err)
{
	size_t bytes = 0;
	for (size_t i = 0; i < ask->text_count; i++)
		bytes += ask->texts[i].length;
	if (bytes > JQ_ASK_MOST / 2)
		return error_set(err, ERROR_CONFIG, "the message is too large for jq");
	add_number(out, 0);
	add_number(out, ask->text_count);
	add_number(out, ask->question_count);
	for (size_t i = 0; i < ask->text_count; i++)
		add_text(out, ask->texts[i]);
	for (size_t i = 0; i < ask->question_count; i++) {
		const struct jq_question *question = &ask->questions[i];
		add_text(out, question->program);
		add_number(out, question->compile_only ? JQ_COMPILE_ONLY : 0);
		add_number(out, question->input_count);
		for (uint32_t j = 0; j < question->input_count; j++)
			add_number(out, question->inputs[j]);
	}
	if (out->length > JQ_ASK_MOST)
		return error_set(err, ERROR_CONFIG, "the rule asks too much of jq");
	uint32_t length = (uint32_t)(out->length - sizeof(length));
	memcpy(out->data, &length, sizeof(length));
	return true;
}

/* One exchange. Its deadline is of the time that jq computes, so that a busy machine fails no rule;
 * of the clock it may take PATIENCE times as long. */
struct talk {
	int socket;
	clockid_t clock; /* of what the process has computed */
	int64_t until_computed_ms;
	int64_t until_ms;
};

enum { PATIENCE = 8, LOOK_MS = 50 };

static int64_t computed_ms(clockid_t clock)
{
	struct timespec time;
	return clock_gettime(clock, &time) == 0
		       ? (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000
		       : 0;
}

static struct talk talk_with(const struct jq_helper *helper, int64_t deadline_ms)
{
	struct talk talk = { .socket = helper->socket,
		.until_ms = clock_monotonic_ms() + PATIENCE * deadline_ms };
	if (clock_getcpuclockid(helper->pid, &talk.clock) != 0)
		talk.clock = CLOCK_MONOTONIC;
	talk.until_computed_ms = computed_ms(talk.clock) + deadline_ms;
	return talk;
}

enum talk_result { TALK_DONE, TALK_LATE, TALK_GONE };

static enum talk_result wait_for(const struct talk *talk, short events)
{
	for (;;) {
		struct pollfd end = { .fd = talk->socket, .events = events };
		int ready = poll(&end, 1, LOOK_MS);
		if (ready > 0)
			return TALK_DONE;
		if (ready < 0 && errno != EINTR)
			return TALK_GONE;
		if (clock_monotonic_ms() > talk->until_ms ||
			computed_ms(talk->clock) > talk->until_computed_ms)
			return TALK_LATE;
	}
}

static enum talk_result put(const struct talk *talk, struct span bytes)
{
	while (bytes.length > 0) {
		ssize_t sent = send(talk->socket, bytes.data, bytes.length, MSG_NOSIGNAL);
		if (sent >= 0) {
			bytes = span_make(bytes.data + sent, bytes.length - (size_t)sent);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return TALK_GONE;
		enum talk_result result = wait_for(talk, POLLOUT);
		if (result != TALK_DONE)
			return result;
	}
	return TALK_DONE;
}

static enum talk_result get(const struct talk *talk, void *bytes, size_t count)
{
	for (char *p = bytes; count > 0;) {
		ssize_t got = recv(talk->socket, p, count, 0);
		if (got > 0) {
			p += got;
			count -= (size_t)got;
			continue;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return TALK_GONE;
		enum talk_result result = wait_for(talk, POLLIN);
		if (result != TALK_DONE)
			return result;
	}
	return TALK_DONE;
}

/* Answers have bounds, so one that is longer comes from something that is broken. */
static enum talk_result exchange(const struct talk *talk, struct span ask, struct buf *storage)
{
	uint32_t length;
	enum talk_result result = put(talk, ask);
	if (result == TALK_DONE)
		result = get(talk, &length, sizeof(length));
	if (result != TALK_DONE)
		return result;
	if (length > 2 * JQ_ANSWERS_MOST)
		return TALK_GONE;
	buf_clear(storage);
	result = get(talk, buf_reserve(storage, length), length);
	if (result == TALK_DONE)
		storage->length = length;
	return result;
}

static bool take_number(struct span *rest, uint32_t *ret_number)
{
	if (rest->length < sizeof(*ret_number))
		return false;
	memcpy(ret_number, rest->data, sizeof(*ret_number));
	*rest = span_make(rest->data + sizeof(*ret_number), rest->length - sizeof(*ret_number));
	return true;
}

static bool read_answers(struct span rest, struct jq_answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t status, length;
		if (!take_number(&rest, &status) || !take_number(&rest, &length) ||
			length > rest.length)
			return false;
		answers[i] = (struct jq_answer){ status == JQ_ANSWERED, status == JQ_NO_PROGRAM,
			span_make(rest.data, length) };
		rest = span_make(rest.data + length, rest.length - length);
	}
	return rest.length == 0;
}

/* By the system where memory is short, or by a person: it had done nothing. */
static bool was_killed(int status)
{
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
}

static bool gone(int status, struct error *err)
{
	if (was_killed(status))
		return error_set(err, ERROR_CONFIG,
			"jq was killed by signal %d in each of %d attempts; the system may be "
			"short of memory",
			WTERMSIG(status), ASKS_MOST);
	if (WIFEXITED(status) && WEXITSTATUS(status) == JQ_EXIT_MEMORY)
		return error_set(err, ERROR_CONFIG,
			"jq needed more memory than it may have (%d MiB)",
			JQ_MEMORY_BYTES / 1024 / 1024);
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_CONFIG,
			"jq ended by signal %d: too much memory, too deep, or a mistake of its own",
			WTERMSIG(status));
	return error_set_transient(err, ERROR_CONFIG, "jq ended by itself");
}

/* ret_killed, where it fails: somebody ended the process. */
static bool ask_once(struct jq_helper *helper, const struct jq_ask *ask, struct span text,
	struct jq_answer *answers, struct buf *storage, bool *ret_killed, struct error *err)
{
	int64_t deadline = ask->deadline_ms
				   ? ask->deadline_ms
				   : JQ_DEADLINE_MS + JQ_COMPILE_MS * (int64_t)ask->question_count;
	*ret_killed = false;
	if (!start(helper, err))
		return false;
	struct talk talk = talk_with(helper, deadline);
	enum talk_result result = exchange(&talk, text, storage);
	if (result == TALK_DONE && read_answers(buf_span(storage), answers, ask->question_count))
		return true;
	int status = end(helper, result == TALK_LATE ? 0 : DYING_MS);
	if (result == TALK_LATE)
		return error_set(
			err, ERROR_CONFIG, "jq took longer than %lld ms", (long long)deadline);
	*ret_killed = was_killed(status);
	return gone(status, err);
}

static bool ask_locked(struct jq_helper *helper, const struct jq_ask *ask,
	struct jq_answer *answers, struct buf *storage, struct error *err)
{
	struct buf text = { 0 };
	bool ok = false, again = write_ask(ask, &text, err);
	for (int i = 0; i < ASKS_MOST && again; i++)
		ok = ask_once(helper, ask, buf_span(&text), answers, storage, &again, err);
	buf_free(&text);
	return ok;
}

bool jq_helper_ask(struct jq_helper *helper, const struct jq_ask *ask, struct jq_answer *answers,
	struct buf *storage, struct error *err)
{
	pthread_mutex_lock(&helper->mutex);
	bool ok = ask_locked(helper, ask, answers, storage, err);
	pthread_mutex_unlock(&helper->mutex);
	return ok;
}

#include "action/exec_judge.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"

enum {
	QUOTED_COLUMNS = 120,             /* of what it said last, in the reason */
	ARGUMENT_MOST_BYTES = 128 * 1024, /* of one, with its NUL: MAX_ARG_STRLEN of the kernel */
};

/* It was not started */

static void add_too_long(const struct exec_attempt *a, struct buf *out)
{
	static const char advice[] = "; what is large belongs on stdin";
	const struct text_list *argv = &a->request->argv;
	size_t bytes = a->environment_bytes;
	for (size_t i = 0; i < argv->count; i++) {
		size_t length = strlen(argv->items[i]) + 1;
		bytes += length;
		if (length > ARGUMENT_MOST_BYTES) {
			buf_addf(out, "argv[%zu] has %zu bytes, an argument at most %d%s", i,
				length - 1, ARGUMENT_MOST_BYTES - 1, advice);
			return;
		}
	}
	buf_addf(out,
		"its arguments and variables have %zu bytes, or one has too many: more than the "
		"system takes%s",
		bytes, advice);
}

static void add_program_trouble(const struct exec_attempt *a, struct buf *out)
{
	int reason = a->process.reason;
	if (reason == E2BIG)
		add_too_long(a, out);
	else if (reason == ENOEXEC)
		buf_add_text(out, "it is neither a program for this machine nor a script that "
				  "begins with '#!'");
	else if (reason == ENOENT && access(a->file, F_OK) == 0)
		buf_add_text(out, "the interpreter that its first line names is not there");
	else
		buf_add_text(out, strerror(reason));
}

/* What is short or busy now may not be later. */
static bool is_passing(int reason)
{
	static const int passing[] = { EAGAIN, ENOMEM, ETXTBSY, EMFILE, ENFILE, EIO };
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == reason)
			return true;
	return false;
}

static void judge_start(
	const struct exec_attempt *a, struct action_result *result, struct buf *reason)
{
	bool directory = a->process.failed == PROCESS_DIRECTORY;
	buf_addf(reason, directory ? "cannot enter the directory '" : "cannot run '");
	text_safe(span_of(directory ? a->request->cwd : a->file), reason);
	buf_add_text(reason, "': ");
	if (a->process.failed == PROCESS_PROGRAM)
		add_program_trouble(a, reason);
	else
		buf_add_text(reason, strerror(a->process.reason));
	result->outcome = ACTION_FAILED;
	result->hopeless = !is_passing(a->process.reason);
	result->not_begun = a->process.failed == PROCESS_SYSTEM && !result->hopeless;
}

/* It was */

/* The last line that is not blank. */
static struct span last_line(struct span text)
{
	while (text.length > 0 && strchr(" \t\r\n", text.data[text.length - 1]))
		text.length--;
	const char *before = text.length > 0 ? memrchr(text.data, '\n', text.length) : NULL;
	size_t skip = before ? (size_t)(before + 1 - text.data) : 0;
	return span_make(text.data + skip, text.length - skip);
}

static void add_quote(struct span output, struct buf *reason)
{
	struct buf quoted = { 0 };
	text_safe(last_line(output), &quoted);
	if (quoted.length > 0) {
		buf_add_text(reason, ": ");
		text_cut_end(buf_span(&quoted), QUOTED_COLUMNS, reason);
	}
	buf_free(&quoted);
}

static void add_duration(int64_t ms, struct buf *out)
{
	if (ms % 1000)
		buf_addf(out, "%" PRId64 " ms", ms);
	else
		buf_addf(out, "%" PRId64 " s", ms / 1000);
}

static void judge_end(
	const struct exec_attempt *a, struct action_result *result, struct buf *reason)
{
	int status = a->process.status;
	result->outcome = ACTION_FAILED;
	if (WIFEXITED(status)) {
		result->exit_code = WEXITSTATUS(status);
		buf_addf(reason, " exited with status %d", result->exit_code);
		if (result->exit_code == 0)
			result->outcome = ACTION_SUCCEEDED;
	} else {
		/* Somebody else did that, at any place of its work. */
		result->unknown = true;
		buf_addf(reason, " was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	}
	add_quote(buf_span(&result->output), reason);
}

static void judge_run(
	const struct exec_attempt *a, struct action_result *result, struct buf *reason)
{
	const struct process_result *process = &a->process;
	const char *program = a->request->argv.items[0], *slash = strrchr(program, '/');
	text_safe(span_of(slash && slash[1] ? slash + 1 : program), reason);
	if (process->lost) {
		result->outcome = ACTION_FAILED;
		buf_add_text(reason, ": nobody knows how it ended, for its supervisor was killed");
	} else if (process->timed_out) {
		result->outcome = ACTION_TIMED_OUT;
		buf_add_text(reason, " did not end within ");
		add_duration(a->timeout_ms, reason);
		add_quote(buf_span(&result->output), reason);
	} else if (process->stopped) {
		result->outcome = ACTION_STOPPED;
		buf_add_text(reason, " was stopped before it had ended");
	} else {
		judge_end(a, result, reason);
	}
	if (process->lost || process->timed_out || process->stopped)
		result->unknown = true;
	if (process->left)
		buf_add_text(reason, "; some of what it started could not be ended");
}

void exec_judge(const struct exec_attempt *attempt, struct action_result *result)
{
	struct buf reason = { 0 };
	if (attempt->process.failed != PROCESS_STARTED)
		judge_start(attempt, result, &reason);
	else
		judge_run(attempt, result, &reason);
	if (result->outcome == ACTION_SUCCEEDED)
		buf_free(&reason);
	else
		result->reason = buf_take(&reason);
}

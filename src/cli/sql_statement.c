#include "cli/sql_statement.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "cli/sql_rows.h"
#include "store/reader.h"

/* Reads the rows; they are shown when that has been told. */
static void read_rows(const struct sql_statement *s, struct sqlite3 *reader, struct sql_rows *rows,
	struct sql_outcome *outcome)
{
	struct sql *sql = NULL;
	int64_t start_ms = clock_monotonic_ms();
	outcome->offset = -1;
	outcome->ok = sql_open(reader, s->text, &sql, &outcome->offset, &outcome->err) &&
		      sql_rows_read(rows, sql, &outcome->err);
	sql_close(sql);
	outcome->rows = rows->count;
	outcome->took_ms = clock_monotonic_ms() - start_ms;
}

static void too_late(const struct sql_statement *s, struct error *err)
{
	char timeout[TIME_TEXT_SIZE];
	time_format_duration(s->timeout_ms, timeout);
	error_set(err, ERROR_STORE, "cannot finish the query within %s; %s gives it longer",
		timeout, s->console ? ".timeout" : "--timeout");
}

/* What on_alarm says: in a signal handler nothing can be put together. */
static char late_line[sizeof(struct error) + 16];

/* Ends the program: SQLite may be in one function for hours, and looks at no clock there. */
static void on_alarm(int number)
{
	(void)number;
	ssize_t written = write(STDERR_FILENO, late_line, strlen(late_line));
	(void)written;
	_exit(4);
}

/* 0: no alarm any more. */
static void set_alarm(const struct sql_statement *s, int64_t timeout_ms)
{
	struct itimerval timer = { .it_value = { timeout_ms / 1000, timeout_ms % 1000 * 1000 } };
	struct error err;
	too_late(s, &err);
	snprintf(late_line, sizeof(late_line), "portlog: %s\n", err.text);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void run_here(const struct sql_statement *s, struct sql_outcome *outcome)
{
	struct sql_rows rows = { .call = s->call, .format = s->format, .console = s->console };
	set_alarm(s, s->timeout_ms);
	read_rows(s, s->call->reader, &rows, outcome);
	set_alarm(s, 0);
	if (outcome->ok)
		sql_rows_show(&rows);
	sql_rows_release(&rows);
}

/* Ctrl-C between fork and the child's first steps must not be lost, as it would be where the
 * console ignores it: what is blocked is kept for the child. */
static void hold_interrupt(bool hold)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* The child's: its parent has been told already, so what goes wrong from here on it says itself. */
static bool finish_output(void)
{
	struct error err = { 0 }, pager_err = { 0 };
	bool ok = output_finish(&err);
	if (!pager_finish(ok ? &err : &pager_err))
		ok = false;
	if (!ok)
		fprintf(stderr, "portlog: %s\n", err.text);
	return ok;
}

/* The child. Its parent learns what came of the statement before a pager waits for the user. */
static _Noreturn void run_there(const struct sql_statement *s, pid_t parent, int tell)
{
	struct sql_outcome outcome = { .offset = -1 };
	struct sql_rows rows = { .call = s->call, .format = s->format, .console = s->console };
	struct sqlite3 *reader = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_DFL);
	hold_interrupt(false);
	if (reader_open(s->call->store_path, &reader, &outcome.err))
		read_rows(s, reader, &rows, &outcome);
	reader_close(reader);
	ssize_t written = write(tell, &outcome, sizeof(outcome));
	close(tell);
	if (outcome.ok && written == (ssize_t)sizeof(outcome))
		sql_rows_show(&rows);
	_exit(finish_output() ? 0 : 1);
}

/* False when the time is up. What was told is whole, or nothing. */
static bool wait_for_outcome(
	int told, int64_t timeout_ms, struct sql_outcome *outcome, bool *ret_told)
{
	struct pollfd poll_told = { .fd = told, .events = POLLIN };
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	int ready;
	do {
		int64_t left_ms = timeout_ms > 0 ? deadline_ms - clock_monotonic_ms() : -1;
		if (timeout_ms > 0 && left_ms <= 0)
			return false;
		ready = poll(&poll_told, 1, left_ms > 60000 ? 60000 : (int)left_ms);
	} while (ready == 0 || (ready < 0 && errno == EINTR));
	*ret_told = read(told, outcome, sizeof(*outcome)) == (ssize_t)sizeof(*outcome);
	return true;
}

/* It ended before it could tell. */
static void ended_by(int status, struct sql_outcome *outcome)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (number == SIGINT)
		outcome->ok = error_set(&outcome->err, ERROR_INTERRUPTED, "interrupted");
	else
		outcome->ok = error_set(&outcome->err, ERROR_STORE,
			"cannot finish the query: its process ended too early: %s",
			number ? strsignal(number) : "it gave up");
}

static void run_in_child(const struct sql_statement *s, struct sql_outcome *outcome)
{
	int ends[2], status = 0;
	bool told = false;
	fflush(stdout);
	pid_t parent = getpid();
	hold_interrupt(true);
	pid_t child = pipe(ends) == 0 ? fork() : -1;
	if (child != 0)
		hold_interrupt(false);
	if (child < 0) {
		/* Out of processes or descriptors; what the pipe took goes with us. */
		outcome->ok = error_set(&outcome->err, ERROR_STORE,
			"cannot start a process for the query: %s", strerror(errno));
		return;
	}
	if (child == 0) {
		close(ends[0]);
		run_there(s, parent, ends[1]);
	}
	close(ends[1]);
	bool in_time = wait_for_outcome(ends[0], s->timeout_ms, outcome, &told);
	if (!in_time)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	close(ends[0]);
	if (!in_time)
		too_late(s, &outcome->err);
	else if (!told)
		ended_by(status, outcome);
}

void sql_statement_run(const struct sql_statement *s, struct sql_outcome *ret_outcome)
{
	*ret_outcome = (struct sql_outcome){ .offset = -1 };
	if (s->call->reader)
		run_here(s, ret_outcome);
	else
		run_in_child(s, ret_outcome);
}

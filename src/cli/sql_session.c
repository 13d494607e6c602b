#include "cli/sql_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/sql_commands.h"
#include "cli/sql_mistake.h"
#include "cli/sql_statement.h"
#include "store/reader.h"

enum { STATEMENT_BYTES_MOST = 1 << 20 };

/* In a console: on the terminal, and on it goes. */
static bool complain(
	const struct sql_session *session, const char *text, int offset, struct error *err)
{
	struct buf out = { 0 };
	if (!session->console)
		return false;
	sql_mistake(err, span_of(text), offset, session->call->width, &out);
	fputs(buf_text(&out), stderr);
	buf_free(&out);
	*err = (struct error){ 0 };
	return true;
}

static void say_time(const struct sql_outcome *outcome)
{
	char took[TIME_TEXT_SIZE];
	time_format_duration(outcome->took_ms, took);
	printf("%" PRId64 " row%s in %s\n", outcome->rows, outcome->rows == 1 ? "" : "s", took);
}

static bool run_statement(struct sql_session *session, const char *text, struct error *err)
{
	struct sql_statement statement = { session->call, text, session->format,
		session->timeout_ms, session->console };
	struct sql_outcome outcome;
	session->done++;
	sql_statement_run(&statement, &outcome);
	if (outcome.ok) {
		if (session->timer)
			say_time(&outcome);
		return true;
	}
	*err = outcome.err;
	return complain(session, text, outcome.offset, err);
}

/* The statements that have come to their end. */
static bool run_complete(struct sql_session *session, struct error *err)
{
	struct span rest = buf_span(&session->pending);
	bool ok = true;
	while (ok && sql_split(&session->split, rest)) {
		char *text = span_dup(span_make(rest.data, session->split.at));
		ok = !session->split.has_word || run_statement(session, text, err);
		free(text);
		rest = span_make(rest.data + session->split.at, rest.length - session->split.at);
		session->split = (struct sql_split){ 0 };
	}
	struct buf left = { 0 };
	buf_add_span(&left, rest);
	buf_free(&session->pending);
	session->pending = left;
	if (!sql_session_is_pending(session))
		sql_session_drop(session);
	return ok;
}

bool sql_session_line(struct sql_session *session, const char *line, struct error *err)
{
	if (!sql_session_is_pending(session) && sql_command_is(line)) {
		session->done++;
		return sql_command_run(session, line, err) || complain(session, "", -1, err);
	}
	if (session->pending.length + strlen(line) >= STATEMENT_BYTES_MOST) {
		sql_session_drop(session);
		error_set(err, ERROR_USAGE, "the query is longer than 1 MiB");
		return complain(session, "", -1, err);
	}
	buf_add_text(&session->pending, line);
	buf_add_char(&session->pending, '\n');
	return run_complete(session, err);
}

bool sql_session_end(struct sql_session *session, struct error *err)
{
	/* Without the end of its last line, which would be said in "unrecognized token". */
	char *text = span_dup(span_make(buf_text(&session->pending),
		session->pending.length > 0 ? session->pending.length - 1 : 0));
	bool ok = !session->split.has_word || run_statement(session, text, err);
	free(text);
	sql_session_drop(session);
	return ok;
}

bool sql_session_is_pending(const struct sql_session *session)
{
	return session->split.has_word || session->split.inside == '*';
}

void sql_session_drop(struct sql_session *session)
{
	buf_clear(&session->pending);
	session->split = (struct sql_split){ 0 };
}

bool sql_session_names(struct sql_session *session, struct error *err)
{
	struct sqlite3 *reader = session->call->reader;
	if (session->names.count > 0)
		return true;
	if (!reader && !reader_open(session->call->store_path, &reader, err))
		return false;
	bool ok = sql_names_read(reader, &session->names, err);
	if (!session->call->reader)
		reader_close(reader);
	return ok;
}

void sql_session_release(struct sql_session *session)
{
	sql_names_release(&session->names);
	buf_free(&session->pending);
}

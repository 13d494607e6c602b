#include "cli/sql_console.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/console.h"
#include "cli/sql_complete.h"
#include "cli/terminal.h"
#include "query/query.h"
#include "store/reader.h"

static void complete(
	void *data, struct span line, size_t cursor, size_t *ret_typed, struct text_list *ret_words)
{
	const struct sql_session *session = data;
	sql_complete(
		&session->names, buf_span(&session->pending), line, cursor, ret_typed, ret_words);
}

static bool greet(const struct sql_session *session, struct error *err)
{
	struct buf path = { 0 };
	int64_t last;
	if (session->call->global->quiet)
		return true;
	if (!query_last_seq(session->call->reader, &last, err))
		return false;
	text_safe(span_of(session->call->store_path), &path);
	printf("%s: %" PRId64 " records, read only. .help says what can be typed, Ctrl-D leaves.\n",
		buf_text(&path), last);
	buf_free(&path);
	return true;
}

/* A line is remembered with those of its statement. */
static void take_line(
	struct sql_session *session, struct console *console, const char *line, struct buf *entry)
{
	struct error err = { 0 };
	buf_add_text(entry, entry->length ? "\n" : "");
	buf_add_text(entry, line);
	session->call->width = terminal_width();
	sql_session_line(session, line, &err);
	if (sql_session_is_pending(session))
		return;
	if (buf_text(entry)[strspn(buf_text(entry), " \t\n")])
		console_remember(console, buf_text(entry));
	buf_clear(entry);
}

static void run_lines(struct sql_session *session, struct console *console)
{
	enum console_input input = CONSOLE_LINE;
	struct buf entry = { 0 };
	const char *line;
	while (!session->left && input != CONSOLE_END) {
		bool pending = sql_session_is_pending(session);
		input = console_read(console, pending ? "    ...> " : "portlog> ", &line);
		if (input == CONSOLE_LINE) {
			take_line(session, console, line, &entry);
		} else {
			sql_session_drop(session);
			buf_clear(&entry);
		}
		fflush(stdout);
	}
	if (input == CONSOLE_END)
		printf("\n");
	buf_free(&entry);
}

bool sql_console_run(struct sql_session *session, struct error *err)
{
	struct console_settings settings = { "portlog", "sql_history", complete, session };
	if (!greet(session, err) || !sql_session_names(session, err))
		return false;
	reader_close(session->call->reader);
	session->call->reader = NULL;
	struct console *console = console_open(&settings);
	if (!console)
		return error_set(err, ERROR_STORE, "cannot use the terminal");
	run_lines(session, console);
	console_close(console);
	return true;
}

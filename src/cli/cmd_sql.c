/* portlog sql [QUERY] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/sql_console.h"
#include "render/render.h"
#include "store/reader.h"

struct sql_settings {
	int output;
	int64_t timeout;
};

static const struct option options[] = {
	OPTION(sql_settings, output, 'o', CHOICE, "FORMAT",
		"table, line, text, csv, tsv, json or jsonl; a table on a terminal, else text",
		.choices = render_format_words, .fallback = "auto"),
	OPTION(sql_settings, timeout, '\0', DURATION, "TIME",
		"give up each statement after this long; 0s: never", .fallback = "5m"),
	OPTION_END,
};

/* The argument, as if its lines were typed. */
static bool run_text(struct sql_session *session, const char *text, struct error *err)
{
	bool ok = true;
	while (ok && *text && !session->left) {
		size_t length = strcspn(text, "\n");
		char *line = span_dup(span_make(text, length));
		ok = sql_session_line(session, line, err);
		free(line);
		text += length + (text[length] == '\n');
	}
	return ok;
}

static bool run_stdin(struct sql_session *session, struct error *err)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool ok = true;
	while (ok && !session->left && (length = getline(&line, &size, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		if (strlen(line) < (size_t)length)
			ok = error_set(err, ERROR_USAGE, "there is a NUL in the query");
		else
			ok = sql_session_line(session, line, err);
	}
	free(line);
	if (ok && ferror(stdin))
		return error_set(err, ERROR_STORE, "cannot read the query from standard input");
	return ok;
}

/* Statements end with the first that fails: what comes later may build on it. */
static bool run_once(struct sql_session *session, struct error *err)
{
	const struct invocation *call = session->call;
	bool ok = call->arguments.count ? run_text(session, call->arguments.items[0], err)
					: run_stdin(session, err);
	ok = ok && (session->left || sql_session_end(session, err));
	if (ok && session->done == 0)
		return error_set(err, ERROR_USAGE, "the query is empty");
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct sql_settings *settings = call->settings;
	bool typed = !call->arguments.count && isatty(STDIN_FILENO);
	struct sql_session session = { .call = call,
		.format = settings->output,
		.timeout_ms = settings->timeout,
		.console = typed && call->terminal };
	if (typed && !call->terminal)
		return error_set(err, ERROR_USAGE,
			"a query is missing; for example: portlog sql 'SELECT count(*) FROM "
			"changes'");
	if (call->reader && !reader_lay_views(call->reader, NULL, err))
		return false;
	bool ok = session.console ? sql_console_run(&session, err) : run_once(&session, err);
	sql_session_release(&session);
	return ok;
}

const struct command cmd_sql = {
	.name = "sql",
	.summary = "ask with SQL; a console on a terminal",
	.arguments = "[QUERY]",
	.description =
		"The views are journal, changes, property_changes, runs, run_events, executions, "
		"reports, gaps, users, entities, positions and checkpoints. Without QUERY "
		"statements are read from standard input; on a terminal there is a prompt, where "
		"'.help' lists what can be typed. SQL only reads here.",
	.options = options,
	.settings_size = sizeof(struct sql_settings),
	.most_arguments = 1,
	.needs = NEED_STORE,
	.run = run,
};

#include "cli/sql_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "render/render.h"

static const char blanks[] = " \t\r\n;";

static bool run_help(struct sql_session *session, const char *argument, struct error *err)
{
	(void)argument;
	(void)err;
	for (const struct sql_command *c = sql_commands; c->name; c++) {
		char usage[40];
		snprintf(usage, sizeof(usage), "%s %s", c->name, c->shown);
		printf("%-16s %s\n", usage, c->help);
	}
	printf("\nA statement ends with a semicolon.%s\n",
		session->console ? " Tab completes, Ctrl-C interrupts, Ctrl-D leaves." : "");
	return true;
}

static bool run_quit(struct sql_session *session, const char *argument, struct error *err)
{
	(void)argument;
	(void)err;
	session->left = true;
	return true;
}

static bool run_tables(struct sql_session *session, const char *argument, struct error *err)
{
	(void)argument;
	if (!sql_session_names(session, err))
		return false;
	for (size_t i = 0; i < session->names.count; i++)
		printf("%s\n", session->names.views[i].name);
	return true;
}

/* "changes (seq, idx, …)", wrapped behind the bracket. */
static void print_view(const struct sql_session *session, const struct sql_view *view)
{
	struct buf words = { 0 }, out = { 0 };
	for (size_t i = 0; i < view->columns.count; i++)
		buf_addf(&words, "%s%s%s", i ? " " : "", view->columns.items[i],
			i + 1 < view->columns.count ? "," : ")");
	buf_addf(&out, "%s (", view->name);
	text_wrap(&out, buf_text(&words), out.length, 8, session->call->width);
	printf("%s\n", buf_text(&out));
	buf_free(&words);
	buf_free(&out);
}

static bool unknown_view(const struct sql_session *session, const char *name, struct error *err)
{
	struct text_list names = { 0 };
	for (size_t i = 0; i < session->names.count; i++)
		text_list_add(&names, session->names.views[i].name);
	const char *nearest = text_nearest(name, (const char *const *)names.items);
	error_set(err, ERROR_USAGE, "no view is called '%.80s'%s%s%s", name,
		nearest ? "; did you mean '" : "; .tables lists them", nearest ? nearest : "",
		nearest ? "'?" : "");
	text_list_clear(&names);
	return false;
}

static bool run_schema(struct sql_session *session, const char *argument, struct error *err)
{
	if (!sql_session_names(session, err))
		return false;
	const struct sql_view *view = sql_names_view(&session->names, argument);
	if (*argument && !view)
		return unknown_view(session, argument, err);
	for (size_t i = 0; i < session->names.count; i++)
		if (!view || view == &session->names.views[i])
			print_view(session, &session->names.views[i]);
	return true;
}

static bool run_mode(struct sql_session *session, const char *argument, struct error *err)
{
	static const struct option row = { .type = OPTION_TYPE_CHOICE,
		.choices = render_format_words };
	if (*argument)
		return option_set_text(
			&row, &session->format, argument, ".mode", session->call->now_ms, err);
	printf("%s\n", render_format_words[session->format]);
	return true;
}

static bool run_timer(struct sql_session *session, const char *argument, struct error *err)
{
	static const char *const words[] = { "off", "on", NULL };
	static const struct option row = { .type = OPTION_TYPE_CHOICE, .choices = words };
	int value = session->timer;
	if (*argument &&
		!option_set_text(&row, &value, argument, ".timer", session->call->now_ms, err))
		return false;
	session->timer = value;
	if (!*argument)
		printf("%s\n", words[value]);
	return true;
}

static bool run_timeout(struct sql_session *session, const char *argument, struct error *err)
{
	static const struct option row = { .type = OPTION_TYPE_DURATION };
	char text[TIME_TEXT_SIZE] = "none";
	if (strcmp(argument, "none") == 0 || strcmp(argument, "0") == 0) {
		session->timeout_ms = 0;
		return true;
	}
	if (*argument)
		return option_set_text(&row, &session->timeout_ms, argument, ".timeout",
			session->call->now_ms, err);
	if (session->timeout_ms > 0)
		time_format_duration(session->timeout_ms, text);
	printf("%s\n", text);
	return true;
}

const struct sql_command sql_commands[] = {
	{ ".help", SQL_ARGUMENT_NONE, "", "this", run_help },
	{ ".mode", SQL_ARGUMENT_FORMAT, "FORMAT",
		"auto, table, line, text, csv, tsv, json or jsonl", run_mode },
	{ ".quit", SQL_ARGUMENT_NONE, "", "leave; also .exit", run_quit },
	{ ".exit", SQL_ARGUMENT_NONE, "", "leave", run_quit },
	{ ".schema", SQL_ARGUMENT_VIEW, "[VIEW]", "the columns of the view, or of all",
		run_schema },
	{ ".tables", SQL_ARGUMENT_NONE, "", "the views", run_tables },
	{ ".timeout", SQL_ARGUMENT_TIME, "TIME", "give up a statement after this long: 30s, none",
		run_timeout },
	{ ".timer", SQL_ARGUMENT_SWITCH, "on|off", "say how long each statement took", run_timer },
	{ NULL, SQL_ARGUMENT_NONE, NULL, NULL, NULL },
};

static struct span name_of(const char *line)
{
	line += strspn(line, blanks);
	return span_make(line, strcspn(line, blanks));
}

bool sql_command_is(const char *line)
{
	struct span name = name_of(line);
	const char *behind = name.data + name.length;
	if (name.length > 0 && (*name.data == '.' || *name.data == '\\'))
		return true;
	return !behind[strspn(behind, blanks)] &&
	       (span_is(name, "help") || span_is(name, "exit") || span_is(name, "quit"));
}

const struct sql_command *sql_command_find(struct span name)
{
	const struct sql_command *found = NULL;
	size_t fitting = 0;
	for (const struct sql_command *c = sql_commands; c->name; c++) {
		if (strncmp(c->name, name.data, name.length) != 0)
			continue;
		if (strlen(c->name) == name.length)
			return c;
		found = c;
		fitting++;
	}
	return fitting == 1 ? found : NULL;
}

static bool unknown(const char *name, struct error *err)
{
	const char *names[16];
	size_t count = 0;
	for (const struct sql_command *c = sql_commands; c->name && count < 15; c++)
		names[count++] = c->name;
	names[count] = NULL;
	const char *nearest = text_nearest(name, names);
	return error_set(err, ERROR_USAGE, "no command is called '%.80s'%s%s%s", name,
		nearest ? "; did you mean '" : "; .help lists them", nearest ? nearest : "",
		nearest ? "'?" : "");
}

bool sql_command_run(struct sql_session *session, const char *line, struct error *err)
{
	struct span word = name_of(line);
	struct buf name = { 0 };
	buf_add_text(&name, *word.data == '.' || *word.data == '\\' ? "" : ".");
	buf_add_span(&name, word);
	const struct sql_command *command = sql_command_find(buf_span(&name));
	struct span rest = name_of(word.data + word.length);
	char *argument = span_dup(rest);
	const char *behind = rest.data + rest.length;
	bool ok;
	if (!command)
		ok = unknown(buf_text(&name), err);
	else if (command->takes == SQL_ARGUMENT_NONE ? *argument : behind[strspn(behind, blanks)])
		ok = error_set(err, ERROR_USAGE, "%s takes %s", command->name,
			*command->shown ? command->shown : "nothing");
	else
		ok = command->run(session, argument, err);
	free(argument);
	buf_free(&name);
	return ok;
}

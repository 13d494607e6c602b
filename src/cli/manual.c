#include "cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/command.h"
#include "config/config.h"
#include "query/filter.h"

/* A name such as PORTLOG_NAME begins there. */
static bool begins_name(struct span text, size_t at)
{
	if (at > 0 && text.data[at - 1] != ' ')
		return false;
	while (at < text.length && text.data[at] != ' ' && text.data[at] != '_')
		at++;
	return at < text.length && text.data[at] == '_';
}

/* Text as roff: a minus stays one, names are not hyphenated. */
static void add_escaped(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.length; i++) {
		buf_add_text(out, begins_name(text, i) ? "\\%" : "");
		if (text.data[i] == '\\')
			buf_add_text(out, "\\e");
		else if (text.data[i] == '-')
			buf_add_text(out, "\\-");
		else if (text.data[i] == '"')
			buf_add_text(out, "\\(dq");
		else
			buf_add_char(out, text.data[i]);
	}
}

static void add_line(const char *text, struct buf *out)
{
	if (*text == '.' || *text == '\'')
		buf_add_text(out, "\\&");
	add_escaped(span_of(text), out);
	buf_add_char(out, '\n');
}

/* "any|TIME": a word in lower case stands for itself, others for what is to be written. */
static void add_alternatives(struct span text, struct buf *out)
{
	while (text.length > 0) {
		const char *bar = memchr(text.data, '|', text.length);
		struct span word =
			span_make(text.data, bar ? (size_t)(bar - text.data) : text.length);
		bool itself = word.length > 0 && !isupper((unsigned char)word.data[0]);
		buf_addf(out, " %s \"\\&", itself ? "Cm" : "Ar");
		add_escaped(word, out);
		buf_add_text(out, bar ? "\" |" : "\"");
		text = span_make(text.data + word.length + (bar ? 1 : 0),
			text.length - word.length - (bar ? 1 : 0));
	}
}

/* "[ENTITY…]" and its like: words, some of them in brackets. */
static void add_arguments(const char *text, struct buf *out)
{
	while (*text) {
		bool optional = *text == '[';
		text += optional ? 1 : 0;
		size_t length = strcspn(text, optional ? "]" : " ");
		buf_add_text(out, optional ? ".Op" : ".");
		size_t start = out->length;
		add_alternatives(span_make(text, length), out);
		if (!optional) /* ". Ar X" is ".Ar X" */
			memmove(out->data + start, out->data + start + 1, out->length-- - start);
		buf_add_char(out, '\n');
		text += length;
		text += strspn(text, "] ");
	}
}

static void add_head(const struct command *command, struct buf *out)
{
	buf_add_text(out, ".Dt PORTLOG-");
	for (const char *c = command->name; *c; c++)
		buf_add_char(out, (char)toupper((unsigned char)*c));
	buf_addf(out, " 1\n.Os\n.Sh NAME\n.Nm portlog-%s\n.Nd ", command->name);
	add_line(command->summary, out);
	buf_addf(out, ".Sh SYNOPSIS\n.Nm \"portlog %s\"\n", command->name);
	if (command->options || command->needs & TAKES_CONFIG_FLAGS)
		buf_add_text(out, ".Op Ar options\n");
	if (command->arguments)
		add_arguments(command->arguments, out);
}

/* ".It Fl n , Fl -limit Ar N" */
static void add_item(const struct option *row, struct buf *out)
{
	char *name = option_long_name(row);
	buf_add_text(out, ".It");
	if (row->letter)
		buf_addf(out, " Fl %c", row->letter);
	if (!row->letter_only) {
		buf_add_text(out, row->letter ? " , Fl \\-" : " Fl \\-");
		add_escaped(span_of(name), out);
	}
	if (row->type == OPTION_TYPE_CHOICE && !row->argument) {
		for (int i = 0; row->choices[i]; i++)
			buf_addf(out, "%s Cm %s", i == 0 ? "" : " |", row->choices[i]);
	} else if (row->argument) {
		add_alternatives(span_of(row->argument), out);
	}
	buf_add_char(out, '\n');
	free(name);
}

/* A list is begun by its first row and ended by a heading: none is empty. */
struct list {
	struct buf *out;
	const struct command *command; /* whose options they are; NULL: of none */
	bool open;
};

static void end_list(struct list *list)
{
	if (list->open)
		buf_add_text(list->out, ".El\n");
	list->open = false;
}

static void add_heading(struct list *list, const char *heading)
{
	end_list(list);
	buf_add_text(list->out, ".Ss ");
	add_line(heading, list->out);
}

static void add_rows(struct list *list, const struct option *rows)
{
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END; row++) {
		if (row->type == OPTION_TYPE_GROUP) {
			add_heading(list, row->help);
		} else if (row->type == OPTION_TYPE_INCLUDE || row->type == OPTION_TYPE_OBJECT) {
			add_rows(list, row->rows);
		} else if (!list->command || command_shows(list->command, row)) {
			struct buf text = { 0 };
			if (!list->open)
				buf_add_text(list->out, ".Bl -tag -width Ds\n");
			list->open = true;
			add_item(row, list->out);
			option_text(row, &text);
			add_line(buf_text(&text), list->out);
			buf_free(&text);
		}
	}
}

static void add_list(const struct option *rows, struct buf *out)
{
	struct list list = { .out = out };
	add_rows(&list, rows);
	end_list(&list);
}

static void add_options(const struct command *command, struct buf *out)
{
	struct list list = { .out = out, .command = command };
	bool any = command->options || command->needs & TAKES_CONFIG_FLAGS;
	buf_add_text(out, ".Sh OPTIONS\n");
	add_rows(&list, command->options);
	if (command->needs & TAKES_CONFIG_FLAGS) {
		add_heading(&list, "Instead of the configuration file");
		add_rows(&list, config_flag_options);
	}
	end_list(&list);
	if (command->environment)
		buf_add_text(out, ".Pp\nEach is also read from the environment, as\n"
				  ".Ev PORTLOG_NAME .\n");
	buf_add_text(out, any ? ".Pp\n" : "");
	buf_add_text(out, "The global options are in\n.Xr portlog 1 .\n");
}

static void add_commands(struct buf *out)
{
	buf_add_text(out, ".Bl -tag -width \"portlog-records(1)\" -compact\n");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->hidden)
			continue;
		buf_addf(out, ".It Xr portlog-%s 1\n", commands[i]->name);
		add_line(commands[i]->summary, out);
	}
	buf_add_text(out, ".El\n");
}

static bool add_marked(
	const char *mark, const struct command *command, struct buf *out, struct error *err)
{
	if (command && strcmp(mark, "@HEAD@") == 0)
		add_head(command, out);
	else if (command && strcmp(mark, "@OPTIONS@") == 0)
		add_options(command, out);
	else if (strcmp(mark, "@COMMANDS@") == 0)
		add_commands(out);
	else if (strcmp(mark, "@GLOBAL@") == 0)
		add_list(global_options, out), add_list(question_options, out);
	else if (strcmp(mark, "@FILTERS@") == 0)
		add_list(filter_options, out);
	else
		return error_set(err, ERROR_USAGE, "nothing is put in for '%.80s'", mark);
	return true;
}

bool manual_page(const char *page, struct span prose, struct buf *out, struct error *err)
{
	const struct command *command = NULL;
	bool ok = true;
	if (strncmp(page, "portlog-", strlen("portlog-")) == 0) {
		command = command_find(page + strlen("portlog-"));
		if (!command)
			return error_set(err, ERROR_USAGE, "there is no command for '%.80s'", page);
	}
	while (ok && prose.length > 0) {
		const char *end = memchr(prose.data, '\n', prose.length);
		size_t length = end ? (size_t)(end - prose.data) : prose.length;
		char *line = xstrndup(prose.data, length);
		if (length > 2 && line[0] == '@' && line[length - 1] == '@')
			ok = add_marked(line, command, out, err);
		else
			buf_addf(out, "%s\n", line);
		free(line);
		length += end ? 1 : 0;
		prose = span_make(prose.data + length, prose.length - length);
	}
	return ok;
}

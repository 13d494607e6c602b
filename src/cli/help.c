#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/output.h"
#include "config/config.h"
#include "query/view.h"

enum { INDENT = 2, NAME_COLUMNS = 15 };

void help_overview(size_t width, struct buf *out)
{
	buf_add_text(out, "usage: portlog [global options] COMMAND [options] [arguments]\n\n"
			  "A flight recorder for Port's Kafka topics.\n\nCommands:\n");
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->hidden)
			continue;
		buf_addf(out, "%*s%-*s", INDENT, "", NAME_COLUMNS, commands[i]->name);
		text_wrap(out, commands[i]->summary, INDENT + NAME_COLUMNS, INDENT + NAME_COLUMNS,
			width);
		buf_add_char(out, '\n');
	}
	buf_add_text(out,
		"\nGlobal options, before or behind the command (each also as PORTLOG_NAME in the "
		"environment):\n");
	option_help(global_options, NULL, NULL, width, out);
	option_help(question_options, NULL, NULL, width, out);
	buf_add_text(out, "\n'portlog help COMMAND' tells more of a command.\n");
}

bool command_shows(const void *command, const struct option *row)
{
	return view_command_takes(((const struct command *)command)->name, row->name);
}

/* Paragraphs are separated by an empty line; a line that begins with a space is kept as it is. */
static void paragraphs(const char *text, size_t width, struct buf *out)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = xstrndup(text, length);
		if (line[0] == ' ')
			buf_add_text(out, line);
		else
			text_wrap(out, line, 0, 0, width);
		buf_add_char(out, '\n');
		free(line);
		text += length;
		text += *text == '\n';
	}
}

void help_command(const struct command *command, size_t width, struct buf *out)
{
	const struct option *options = command->options;
	bool has_options = options && options->type != OPTION_TYPE_END;
	bool flags = command->needs & TAKES_CONFIG_FLAGS;
	buf_addf(out, "usage: portlog %s%s%s%s\n\n", command->name,
		has_options || flags ? " [options]" : "", command->arguments ? " " : "",
		command->arguments ? command->arguments : "");
	char *summary = xasprintf("portlog %s: %s", command->name, command->summary);
	text_wrap(out, summary, 0, 0, width);
	buf_add_char(out, '\n');
	free(summary);
	if (command->description) {
		buf_add_char(out, '\n');
		paragraphs(command->description, width, out);
	}
	if (has_options && options->type != OPTION_TYPE_GROUP)
		buf_add_text(out, "\nOptions:\n");
	if (has_options)
		option_help(options, command_shows, command, width, out);
	if (flags) {
		buf_add_text(out, "\nInstead of the configuration file:\n");
		option_help(config_flag_options, NULL, NULL, width, out);
	}
	buf_add_text(out, "\nGlobal options: see 'portlog --help'.\n");
}

void help_write(const struct buf *help)
{
	struct buf safe = { 0 };
	text_safe_lines(buf_span(help), &safe);
	output_write(buf_span(&safe));
	buf_free(&safe);
}

bool help_find(const char *name, const struct command **ret_command, struct error *err)
{
	const struct command *command = command_find(name);
	if (command) {
		*ret_command = command;
		return true;
	}
	size_t count = 0;
	while (commands[count])
		count++;
	const char **names = xcalloc(count + 1, sizeof(*names));
	count = 0;
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			names[count++] = commands[i]->name;
	const char *nearest = text_nearest(name, names);
	free(names);
	if (nearest)
		return error_set(err, ERROR_USAGE,
			"cannot find a command '%.80s'; did you mean '%s'?", name, nearest);
	return error_set(err, ERROR_USAGE,
		"cannot find a command '%.80s'; 'portlog --help' lists them", name);
}

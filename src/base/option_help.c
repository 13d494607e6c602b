/* Option rows as help. */
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/text.h"

enum { LEFT_MOST = 26 }; /* columns of names, before the text stands on a line of its own */

/* "-n, --limit N" */
static void names(const struct option *row, struct buf *out)
{
	char *name = option_long_name(row);
	if (row->letter)
		buf_addf(out, "-%c", row->letter);
	if (!row->letter_only)
		buf_addf(out, "%s--%s", row->letter ? ", " : "    ", name);
	if (row->type == OPTION_TYPE_CHOICE && !row->argument) {
		for (int i = 0; row->choices[i]; i++)
			buf_addf(out, "%c%s", i == 0 ? ' ' : '|', row->choices[i]);
	} else if (row->argument) {
		buf_addf(out, " %s", row->argument);
	}
	free(name);
}

/* Some rows say what their words mean; there they are not listed once more. */
static bool names_choices(const struct option *row)
{
	size_t count = 0;
	while (row->choices[count])
		count++;
	return strstr(row->help, row->choices[count - 1]);
}

void option_text(const struct option *row, struct buf *out)
{
	buf_add_text(out, row->help ? row->help : "");
	if (row->type == OPTION_TYPE_CHOICE && row->argument && !names_choices(row)) {
		buf_add_text(out, ":");
		for (int i = 0; row->choices[i]; i++)
			buf_addf(out, "%s %s", i == 0 ? "" : ",", row->choices[i]);
	}
	if (row->fallback)
		buf_addf(out, " (default: %s)", row->fallback);
	if (row->type == OPTION_TYPE_MATCH) {
		char *name = option_long_name(row);
		buf_addf(out, "; --not-%s", name);
		free(name);
	}
}

static void row_help(const struct option *row, size_t width, struct buf *out)
{
	struct buf text = { 0 };
	buf_add_text(out, "  ");
	size_t start = out->length;
	names(row, out);
	size_t columns = text_width(span_make(out->data + start, out->length - start));
	if (columns > LEFT_MOST)
		buf_addf(out, "\n%*s", LEFT_MOST + 4, "");
	else
		buf_addf(out, "%*s", (int)(LEFT_MOST + 2 - columns), "");
	option_text(row, &text);
	text_wrap(out, buf_text(&text), LEFT_MOST + 4, LEFT_MOST + 4, width);
	buf_add_char(out, '\n');
	buf_free(&text);
}

void option_help(const struct option *rows, option_is_shown *is_shown, const void *data,
	size_t width, struct buf *out)
{
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END; row++) {
		if (row->type == OPTION_TYPE_GROUP)
			buf_addf(out, "\n%s:\n", row->help);
		else if (row->type == OPTION_TYPE_INCLUDE || row->type == OPTION_TYPE_OBJECT)
			option_help(row->rows, is_shown, data, width, out);
		else if (!is_shown || is_shown(data, row))
			row_help(row, width, out);
	}
}

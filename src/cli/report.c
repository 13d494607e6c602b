#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void report_line(
	struct report *report, enum report_kind kind, const char *what, const char *format, ...)
{
	static const struct {
		const char *word, *color;
	} kinds[] = {
		[REPORT_GOOD] = { "ok", "\x1b[32m" },
		[REPORT_NOTE] = { "note", "\x1b[33m" },
		[REPORT_PROBLEM] = { "problem", "\x1b[31m" },
	};
	if (kind == REPORT_PROBLEM)
		report->problems++;
	else if (report->quiet)
		return;
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	struct buf line = { 0 };
	buf_addf(&line, "%s%-8s%s%s: ", report->color ? kinds[kind].color : "", kinds[kind].word,
		report->color ? "\x1b[0m" : "", what);
	text_safe(span_of(text), &line);
	buf_add_char(&line, '\n');
	fwrite(line.data, 1, line.length, stdout);
	buf_free(&line);
}

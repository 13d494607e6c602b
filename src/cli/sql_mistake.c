#include "cli/sql_mistake.h"

#include "base/text.h"

enum { INDENT = 2 };

static void add_spaces(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_add_char(out, ' ');
}

/* What the line is from its byte `from` on, as wide as there is room. */
static void add_line(struct span line, size_t from, size_t room, struct buf *out)
{
	struct buf safe = { 0 };
	text_safe(span_make(line.data + from, line.length - from), &safe);
	text_cut_end(buf_span(&safe), room, out);
	buf_free(&safe);
}

static size_t safe_width(struct span text)
{
	struct buf safe = { 0 };
	text_safe(text, &safe);
	size_t width = text_width(buf_span(&safe));
	buf_free(&safe);
	return width;
}

static void mark(struct span line, size_t at, size_t width, struct buf *out)
{
	size_t room = width > 2 * INDENT ? width - INDENT : INDENT, from = 0;
	uint32_t code;
	/* Of a long line the part that the mistake is in. */
	while (safe_width(span_make(line.data + from, at - from)) > room / 2)
		from += text_next(line, from, &code);
	add_spaces(out, INDENT);
	add_line(line, from, room, out);
	buf_add_char(out, '\n');
	add_spaces(out, INDENT + safe_width(span_make(line.data + from, at - from)));
	buf_add_text(out, "^\n");
}

void sql_mistake(
	const struct error *err, struct span text, int offset, size_t width, struct buf *out)
{
	text_safe(span_of(err->text), out);
	buf_add_char(out, '\n');
	if (offset < 0 || (size_t)offset > text.length)
		return;
	size_t at = (size_t)offset, start = at, end = at;
	while (start > 0 && text.data[start - 1] != '\n')
		start--;
	while (end < text.length && text.data[end] != '\n')
		end++;
	mark(span_make(text.data + start, end - start), at - start, width, out);
}

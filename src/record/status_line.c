#include "record/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"

static void add_grouped(struct buf *out, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

void status_line_text(uint64_t records, double rate, int64_t lag, struct buf *out)
{
	buf_add_text(out, "recorded ");
	add_grouped(out, records);
	buf_add_text(out, " · ");
	add_grouped(out, (uint64_t)(rate + 0.5));
	buf_add_text(out, "/s");
	if (lag < 0)
		return;
	buf_add_text(out, " · ");
	add_grouped(out, (uint64_t)lag);
	buf_add_text(out, " behind");
}

static void put(const struct status_line *line, const char *text, size_t length)
{
	/* It is only a courtesy: a terminal that takes no more loses nothing. */
	ssize_t written = write(line->descriptor, text, length);
	(void)written;
}

void status_line_draw(struct status_line *line, const char *text)
{
	struct buf out = { 0 };
	buf_addf(&out, "\r%s\033[K", text);
	put(line, out.data, out.length);
	line->shown = true;
	buf_free(&out);
}

void status_line_hide(void *data)
{
	struct status_line *line = data;
	static const char clear[] = "\r\033[K";
	if (!line->shown)
		return;
	put(line, clear, sizeof(clear) - 1);
	line->shown = false;
}

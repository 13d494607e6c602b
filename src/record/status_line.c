#include "record/status_line.h"

#include <inttypes.h>
#include <stdio.h>

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

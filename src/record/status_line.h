/* The line at the bottom of a terminal that says how recording goes. Log lines push it down. */
#ifndef PORTLOG_RECORD_STATUS_LINE_H
#define PORTLOG_RECORD_STATUS_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct status_line {
	int descriptor;
	bool shown;
};

/* What it says, appended to out: "recorded 12,345 · 1,200/s · 34 behind". lag -1: not known. */
struct buf;
void status_line_text(uint64_t records, double rate, int64_t lag, struct buf *out);
void status_line_draw(struct status_line *line, const char *text);
/* For struct log_settings.before; data is the line. */
void status_line_hide(void *data);

#endif

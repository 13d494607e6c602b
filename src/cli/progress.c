#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time.h"

enum { SHOW_AFTER_MS = 500, SHOW_EVERY_MS = 100 };

/* "1,234,567" */
static void add_grouped(struct buf *out, uint64_t number)
{
	if (number < 1000) {
		buf_addf(out, "%" PRIu64, number);
		return;
	}
	add_grouped(out, number / 1000);
	buf_addf(out, ",%03" PRIu64, number % 1000);
}

void progress_text(
	const char *label, uint64_t done, uint64_t total, int64_t elapsed_ms, struct buf *out)
{
	uint64_t elapsed = elapsed_ms > 0 ? (uint64_t)elapsed_ms : 1;
	buf_add_text(out, label);
	if (total)
		buf_addf(out, "  %2.0f %%", 100.0 * (double)done / (double)total);
	buf_add_text(out, "  ");
	add_grouped(out, done);
	if (total) {
		buf_add_char(out, '/');
		add_grouped(out, total);
	}
	double rate = (double)done * 1000.0 / (double)elapsed;
	buf_add_text(out, "  ");
	add_grouped(out, (uint64_t)rate);
	buf_add_text(out, "/s");
	if (total > done && rate > 0) {
		char left[TIME_TEXT_SIZE];
		int64_t left_ms = (int64_t)((double)(total - done) / rate * 1000.0);
		time_format_duration(left_ms / 1000 * 1000 + 1000, left);
		buf_addf(out, "  %s left", left);
	}
}

bool progress_tick(void *data, uint64_t done, uint64_t total)
{
	struct progress *progress = data;
	int64_t now_ms = clock_monotonic_ms();
	if (!progress->started) {
		progress->started = true;
		progress->start_ms = progress->last_ms = now_ms;
		progress->terminal = isatty(STDERR_FILENO) ? 1 : -1;
	}
	if (progress->quiet || progress->terminal < 0 ||
		now_ms - progress->start_ms < SHOW_AFTER_MS ||
		now_ms - progress->last_ms < SHOW_EVERY_MS)
		return true;
	struct buf line = { 0 };
	buf_add_char(&line, '\r');
	progress_text(progress->label, done, total, now_ms - progress->start_ms, &line);
	buf_add_text(&line, "\x1b[K");
	fwrite(line.data, 1, line.length, stderr);
	fflush(stderr);
	buf_free(&line);
	progress->last_ms = now_ms;
	progress->shown = true;
	return true;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\x1b[K", stderr);
	progress->shown = false;
}

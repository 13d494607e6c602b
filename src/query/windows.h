/* Where the newest changes are: the segments of the journal, by the times of what lies in them
 * (record_span). What is not older than some time is in the segments that end behind it, and those
 * are few and together, for changes come nearly in the order of time. */
#ifndef PORTLOG_QUERY_WINDOWS_H
#define PORTLOG_QUERY_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

struct seq_range {
	int64_t first;
	int64_t last;
};

/* All changes from least_ms to newest_ms are in the ranges. */
struct window {
	int64_t newest_ms;
	int64_t least_ms;         /* INT64_MIN: there are no others */
	struct seq_range *ranges; /* of seqs; where they come of quarters.h, of times */
	size_t count;
};
void window_release(struct window *window);

struct segment {
	int64_t number;
	int64_t first_ms;
	int64_t last_ms;
};

/* Those that end last come first. Starts as { 0 }. */
struct windows {
	struct segment *segments;
	size_t count;
};

bool windows_read(sqlite3 *database, struct windows *windows, struct error *err);
void windows_release(struct windows *windows);

/* The window of about so many segments whose newest changes are of newest_ms. */
void windows_find(const struct windows *windows, int64_t newest_ms, size_t segments,
	struct window *ret_window);

/* Between which seqs all records from since_ms on and before until_ms are, and others; an empty
 * range where there are none. ret_scattered: most of the segments between have none of them. */
bool windows_of_records(sqlite3 *database, int64_t since_ms, int64_t until_ms,
	struct seq_range *ret_range, bool *ret_scattered, struct error *err);

#endif

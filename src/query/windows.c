#include "query/windows.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "query/statement.h"
#include "store/spans.h"

void window_release(struct window *window)
{
	free(window->ranges);
	*window = (struct window){ 0 };
}

void windows_release(struct windows *windows)
{
	free(windows->segments);
	*windows = (struct windows){ 0 };
}

/* Those that end last come first; of those that end together, the newer. */
static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;
	if (x->last_ms != y->last_ms)
		return x->last_ms > y->last_ms ? -1 : 1;
	return x->number > y->number ? -1 : x->number < y->number;
}

bool windows_read(sqlite3 *database, struct windows *windows, struct error *err)
{
	static const char sql[] = "SELECT segment, change_first_ms, change_last_ms FROM record_span"
				  " WHERE change_last_ms IS NOT NULL";
	sqlite3_stmt *rows = NULL;
	size_t capacity = 0;
	bool row = true, ok = statement_prepare_text(database, sql, &rows, err);
	while (ok && row) {
		ok = statement_step(rows, &row, err);
		if (!ok || !row)
			break;
		if (windows->count == capacity) {
			capacity = capacity ? 2 * capacity : 64;
			windows->segments = xreallocarray(
				windows->segments, capacity, sizeof(*windows->segments));
		}
		windows->segments[windows->count++] = (struct segment){
			sqlite3_column_int64(rows, 0),
			sqlite3_column_int64(rows, 1),
			sqlite3_column_int64(rows, 2),
		};
	}
	sqlite3_finalize(rows);
	if (ok && windows->count > 0)
		qsort(windows->segments, windows->count, sizeof(*windows->segments),
			compare_segments);
	return ok;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct seq_range *x = a, *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* In order, and those that touch each other as one. */
static size_t join(struct seq_range *ranges, size_t count)
{
	size_t kept = 0;
	if (count == 0)
		return 0;
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (size_t i = 1; i < count; i++) {
		if (ranges[i].first == ranges[kept].last + 1)
			ranges[kept].last = ranges[i].last;
		else
			ranges[++kept] = ranges[i];
	}
	return kept + 1;
}

static struct seq_range range_of(int64_t segment)
{
	return (struct seq_range){ segment << SPAN_SHIFT, ((segment + 1) << SPAN_SHIFT) - 1 };
}

/* The first segment that ends at that time or before it. */
static size_t find(const struct windows *windows, int64_t time_ms)
{
	size_t low = 0, high = windows->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (windows->segments[middle].last_ms > time_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void windows_find(const struct windows *windows, int64_t newest_ms, size_t segments,
	struct window *ret_window)
{
	size_t end = find(windows, newest_ms);
	end = segments < windows->count - end ? end + segments : windows->count;
	struct window window = { .newest_ms = newest_ms, .least_ms = INT64_MIN };
	/* Several may end at the same time: without them all, what is left would be the same. */
	while (end < windows->count && windows->segments[end].last_ms >= newest_ms)
		end++;
	if (end < windows->count)
		window.least_ms = windows->segments[end].last_ms + 1;
	window.ranges = xcalloc(end + 1, sizeof(*window.ranges));
	for (size_t i = 0; i < end; i++)
		if (windows->segments[i].first_ms <= newest_ms)
			window.ranges[window.count++] = range_of(windows->segments[i].number);
	window.count = join(window.ranges, window.count);
	*ret_window = window;
}

bool windows_of_records(sqlite3 *database, int64_t since_ms, int64_t until_ms,
	struct seq_range *ret_range, bool *ret_scattered, struct error *err)
{
	enum { FEW = 64, SPARSE = 3 }; /* segments; so many times as many between */
	static const char sql[] = "SELECT min(segment), max(segment), count(*) FROM record_span"
				  " WHERE last_ms >= ?1 AND first_ms < ?2";
	sqlite3_stmt *rows = NULL;
	bool row = false, ok = statement_prepare_text(database, sql, &rows, err);
	if (ok) {
		sqlite3_bind_int64(rows, 1, since_ms);
		sqlite3_bind_int64(rows, 2, until_ms);
		ok = statement_step(rows, &row, err);
	}
	if (ok && row) {
		int64_t count = sqlite3_column_int64(rows, 2);
		int64_t between = sqlite3_column_int64(rows, 1) - sqlite3_column_int64(rows, 0) + 1;
		*ret_range = (struct seq_range){ 0, -1 };
		*ret_scattered = count <= FEW && between > SPARSE * count;
		if (count > 0)
			*ret_range = (struct seq_range){
				range_of(sqlite3_column_int64(rows, 0)).first,
				range_of(sqlite3_column_int64(rows, 1)).last,
			};
	}
	sqlite3_finalize(rows);
	return ok;
}

#include "render/diff_items.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* Cells of the table; a comparison each. */
enum { CELLS_MAX = 1 << 20 };

static void add_run(struct item_runs *runs, enum item_kind kind, size_t start, size_t count)
{
	struct item_run *last = runs->count > 0 ? &runs->items[runs->count - 1] : NULL;
	if (count == 0)
		return;
	if (last && last->kind == kind && last->start + last->count == start) {
		last->count += count;
		return;
	}
	runs->items = xreallocarray(runs->items, runs->count + 1, sizeof(*runs->items));
	runs->items[runs->count++] = (struct item_run){ kind, start, count };
}

/* lengths[i][j]: of the longest that before from i on and after from j on have in common. */
static uint32_t *measure(const struct span *before, size_t n, const struct span *after, size_t m)
{
	uint32_t *lengths = xcalloc((n + 1) * (m + 1), sizeof(*lengths));
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t *here = &lengths[i * (m + 1) + j];
			uint32_t down = here[m + 1], right = here[1];
			if (span_equal(before[i], after[j]))
				*here = here[m + 2] + 1;
			else
				*here = down > right ? down : right;
		}
	return lengths;
}

static void diff_middle(const struct span *before, size_t n, const struct span *after, size_t m,
	size_t offset, struct item_runs *runs)
{
	size_t i = 0, j = 0;
	uint32_t *lengths = NULL;
	if (n > 0 && m > 0 && n <= CELLS_MAX / m)
		lengths = measure(before, n, after, m);
	while (lengths && i < n && j < m) {
		const uint32_t *here = &lengths[i * (m + 1) + j];
		if (span_equal(before[i], after[j])) {
			add_run(runs, ITEMS_KEPT, offset + i, 1);
			i++;
			j++;
		} else if (here[m + 1] >= here[1]) {
			add_run(runs, ITEMS_REMOVED, offset + i, 1);
			i++;
		} else {
			add_run(runs, ITEMS_ADDED, offset + j, 1);
			j++;
		}
	}
	add_run(runs, ITEMS_REMOVED, offset + i, n - i);
	add_run(runs, ITEMS_ADDED, offset + j, m - j);
	free(lengths);
}

void diff_items(const struct span *before, size_t before_count, const struct span *after,
	size_t after_count, struct item_runs *runs)
{
	size_t head = 0, tail = 0;
	while (head < before_count && head < after_count && span_equal(before[head], after[head]))
		head++;
	while (tail < before_count - head && tail < after_count - head &&
		span_equal(before[before_count - 1 - tail], after[after_count - 1 - tail]))
		tail++;
	add_run(runs, ITEMS_KEPT, 0, head);
	diff_middle(before + head, before_count - head - tail, after + head,
		after_count - head - tail, head, runs);
	add_run(runs, ITEMS_KEPT, before_count - tail, tail);
}

void item_runs_release(struct item_runs *runs)
{
	free(runs->items);
	*runs = (struct item_runs){ 0 };
}

#include "query/tally.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

void tally_add_duration(struct tally *tally, int64_t ms)
{
	if (tally->duration_count == tally->duration_capacity) {
		tally->duration_capacity =
			tally->duration_capacity ? 2 * tally->duration_capacity : 4;
		tally->durations_ms = xreallocarray(tally->durations_ms, tally->duration_capacity,
			sizeof(*tally->durations_ms));
	}
	tally->durations_ms[tally->duration_count++] = ms;
}

static void swap(int64_t *a, int64_t *b)
{
	int64_t kept = *a;
	*a = *b;
	*b = kept;
}

/* Hoare's partition: what is up to the index that is returned (below high) is not larger than what
 * is behind it. */
static size_t divide(int64_t *items, size_t low, size_t high)
{
	int64_t pivot = items[low + (high - low) / 2];
	for (;;) {
		while (items[low] < pivot)
			low++;
		while (items[high] > pivot)
			high--;
		if (low >= high)
			return high;
		swap(&items[low++], &items[high--]);
	}
}

/* Hoare's selection: what would stand at wanted if all were sorted. */
static int64_t select_at(int64_t *items, size_t count, size_t wanted)
{
	size_t low = 0, high = count - 1;
	while (low < high) {
		size_t middle = divide(items, low, high);
		if (wanted <= middle)
			high = middle;
		else
			low = middle + 1;
	}
	return items[wanted];
}

bool tally_percentile(struct tally *tally, int percent, int64_t *ret_ms)
{
	size_t count = tally->duration_count;
	assert(percent >= 1 && percent <= 100);
	if (count == 0)
		return false;
	size_t rank = (count * (size_t)percent + 99) / 100;
	*ret_ms = select_at(tally->durations_ms, count, rank - 1);
	return true;
}

static size_t slot_of(const struct tallies *t, int64_t key)
{
	size_t at = (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 32) & (t->slot_count - 1);
	while (t->slots[at] && t->items[t->slots[at] - 1].key != key)
		at = (at + 1) & (t->slot_count - 1);
	return at;
}

static void grow(struct tallies *t)
{
	t->capacity = t->capacity ? 2 * t->capacity : 64;
	t->items = xreallocarray(t->items, t->capacity, sizeof(*t->items));
	free(t->slots);
	t->slot_count = 2 * t->capacity;
	t->slots = xcalloc(t->slot_count, sizeof(*t->slots));
	for (size_t i = 0; i < t->count; i++)
		t->slots[slot_of(t, t->items[i].key)] = i + 1;
}

struct tally *tallies_at(struct tallies *t, int64_t key)
{
	if (t->count > 0 && t->items[t->last].key == key)
		return &t->items[t->last];
	if (t->count == t->capacity)
		grow(t);
	size_t at = slot_of(t, key);
	if (!t->slots[at]) {
		t->items[t->count] = (struct tally){ .key = key };
		t->slots[at] = ++t->count;
	}
	t->last = t->slots[at] - 1;
	return &t->items[t->last];
}

void tallies_release(struct tallies *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].durations_ms);
	free(t->items);
	free(t->slots);
	*t = (struct tallies){ 0 };
}

static int compare_keys(const void *one, const void *other)
{
	const struct tally *a = one, *b = other;
	return (a->key > b->key) - (a->key < b->key);
}

static int compare_sizes(const void *one, const void *other)
{
	const struct tally *a = one, *b = other;
	int64_t x = a->changes + a->runs, y = b->changes + b->runs;
	return x != y ? (x < y) - (x > y) : compare_keys(one, other);
}

void tallies_sort_by_size(struct tallies *t)
{
	if (t->count > 0)
		qsort(t->items, t->count, sizeof(*t->items), compare_sizes);
}

void tallies_sort_by_key(struct tallies *t)
{
	if (t->count > 0)
		qsort(t->items, t->count, sizeof(*t->items), compare_keys);
}

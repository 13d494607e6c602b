#include "query/within.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
	/* So few records are looked at sooner than another index is read: */
	FEW = 16,
	FEW_OF = 32768, /* and one more for so many in the window */
	DENSE = 8,      /* one record of so many */
	BITS = 64,
};

/* A set of the seqs from first on. */
struct bits {
	int64_t first;
	size_t length; /* in bits */
	uint64_t *words;
};

static size_t word_count(const struct bits *bits)
{
	return (bits->length + BITS - 1) / BITS;
}

static struct bits bits_of(const struct window *window)
{
	int64_t first = window->ranges[0].first;
	int64_t last = window->ranges[window->count - 1].last;
	struct bits bits = { first, (size_t)(last - first + 1), NULL };
	bits.words = xcalloc(word_count(&bits), sizeof(*bits.words));
	return bits;
}

static void bits_add(struct bits *bits, int64_t seq)
{
	size_t at = (size_t)(seq - bits->first);
	if (seq >= bits->first && at < bits->length)
		bits->words[at / BITS] |= (uint64_t)1 << at % BITS;
}

static size_t bits_count(const struct bits *bits)
{
	size_t count = 0;
	for (size_t i = 0; i < word_count(bits); i++)
		count += (size_t)__builtin_popcountll(bits->words[i]);
	return count;
}

/* Those between, too, belong to no range of the window. */
static size_t bits_count_in(const struct bits *bits, const struct window *window)
{
	size_t count = 0;
	for (size_t i = 0; i < window->count; i++)
		for (int64_t at = window->ranges[i].first; at <= window->ranges[i].last; at += BITS)
			count += (size_t)__builtin_popcountll(
				bits->words[(size_t)(at - bits->first) / BITS]);
	return count;
}

static void bits_keep(struct bits *bits, const struct bits *others)
{
	for (size_t i = 0; i < word_count(bits); i++)
		bits->words[i] &= others->words[i];
}

/* Those of one range. */
static void bits_list(const struct bits *bits, const struct seq_range *range, struct ids *seqs)
{
	size_t end = (size_t)(range->last - bits->first) + 1;
	for (size_t at = (size_t)(range->first - bits->first); at < end;) {
		uint64_t rest = bits->words[at / BITS] >> at % BITS;
		if (rest == 0) {
			at += BITS - at % BITS;
			continue;
		}
		at += (size_t)__builtin_ctzll(rest);
		if (at < end)
			ids_add(seqs, bits->first + (int64_t)at);
		at++;
	}
}

bool within_knows(const struct condition *condition)
{
	if (condition->negative)
		return false;
	return condition->filter->within ||
	       (condition->filter->found && condition->words.length > 0);
}

static bool read_set(sqlite3 *database, const struct condition *condition,
	const struct window *window, struct bits *bits, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows = NULL;
	bool row = true;
	if (condition->found) {
		for (size_t i = 0; i < condition->ids.count; i++)
			bits_add(bits, condition->ids.items[i]);
		return true;
	}
	condition_add_within(condition, window, &sql);
	bool ok = statement_prepare(database, &sql, &rows, err);
	while (ok && row) {
		ok = statement_step(rows, &row, err);
		if (ok && row)
			bits_add(bits, sqlite3_column_int64(rows, 0));
	}
	sqlite3_finalize(rows);
	sql_text_release(&sql);
	return ok;
}

static bool are_few(const struct bits *bits)
{
	return bits_count(bits) <= FEW + bits->length / FEW_OF;
}

static bool read_sets(sqlite3 *database, const struct condition *conditions, size_t count,
	const struct window *window, struct bits *bits, struct error *err)
{
	bool any = false, ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		if (!within_knows(&conditions[i]))
			continue;
		if (!any) {
			ok = read_set(database, &conditions[i], window, bits, err);
		} else if (!are_few(bits) || conditions[i].searches) {
			struct bits others = bits_of(window);
			ok = read_set(database, &conditions[i], window, &others, err);
			bits_keep(bits, &others);
			free(others.words);
		}
		any = true;
	}
	return ok;
}

static size_t window_length(const struct window *window)
{
	size_t length = 0;
	for (size_t i = 0; i < window->count; i++)
		length += (size_t)(window->ranges[i].last - window->ranges[i].first) + 1;
	return length;
}

static bool searches(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (within_knows(&plan->conditions[i]) && plan->conditions[i].searches)
			return true;
	return false;
}

/* The smallest window that has as many as are wanted. */
static void shrink(const struct plan *plan, const struct bits *bits, size_t wanted, size_t *size,
	struct window *window)
{
	int64_t newest_ms = window->newest_ms;
	size_t low = 1, high = *size;
	while (low < high) {
		struct window smaller;
		*size = low + (high - low) / 2;
		windows_find(&plan->windows, newest_ms, *size, &smaller);
		if (bits_count_in(bits, &smaller) >= wanted)
			high = *size;
		else
			low = *size + 1;
		window_release(&smaller);
	}
	*size = low;
	window_release(window);
	windows_find(&plan->windows, newest_ms, low, window);
}

bool within_find(sqlite3 *database, struct plan *plan, int64_t newest_ms, size_t wanted,
	size_t *size, struct window *ret_window, struct error *err)
{
	plan->seqs.count = plan->hits = 0;
	plan->sorted = false;
	windows_find(&plan->windows, newest_ms, *size, ret_window);
	if (ret_window->count == 0)
		return true;
	struct bits bits = bits_of(ret_window);
	bool ok = read_sets(database, plan->conditions, plan->count, ret_window, &bits, err);
	plan->hits = bits_count_in(&bits, ret_window);
	if (ok && plan->hits / 2 > wanted) {
		shrink(plan, &bits, wanted, size, ret_window);
		plan->hits = bits_count_in(&bits, ret_window);
	}
	plan->sorted = !searches(plan) && plan->hits > window_length(ret_window) / DENSE;
	for (size_t i = 0; ok && !plan->sorted && i < ret_window->count; i++)
		bits_list(&bits, &ret_window->ranges[i], &plan->seqs);
	free(bits.words);
	return ok;
}

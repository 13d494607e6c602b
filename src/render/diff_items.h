/* What two lists of texts (lines, elements) have in common. */
#ifndef PORTLOG_RENDER_DIFF_ITEMS_H
#define PORTLOG_RENDER_DIFF_ITEMS_H

#include "base/buf.h"

enum item_kind {
	ITEMS_KEPT,    /* from the old ones */
	ITEMS_REMOVED, /* from the old ones */
	ITEMS_ADDED,   /* from the new ones */
};

struct item_run {
	enum item_kind kind;
	size_t start;
	size_t count;
};

/* Starts as { 0 }. Read in order: the new list, with what was removed where it stood. */
struct item_runs {
	struct item_run *items;
	size_t count;
};

/* A longest common subsequence; lists that differ in more than some hundred places are told apart
 * only at their ends. */
void diff_items(const struct span *before, size_t before_count, const struct span *after,
	size_t after_count, struct item_runs *runs);
void item_runs_release(struct item_runs *runs);

#endif

/* Counting by keys: how many changes and runs, how the runs ended and how long they took. */
#ifndef PORTLOG_QUERY_TALLY_H
#define PORTLOG_QUERY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally {
	int64_t key;
	int64_t changes;
	int64_t runs;
	int64_t succeeded;
	int64_t failed;
	int64_t *durations_ms; /* of the runs that have ended, in no order */
	size_t duration_count;
	size_t duration_capacity;
};

void tally_add_duration(struct tally *tally, int64_t ms);
/* The smallest duration that at least percent of all are not longer than (1 to 100); false where
 * none has ended. Puts the durations in another order. */
bool tally_percentile(struct tally *tally, int percent, int64_t *ret_ms);

/* A tally for each key. Starts as { 0 }. */
struct tallies {
	struct tally *items;
	size_t count;
	size_t capacity;
	size_t *slots; /* hash table of indexes into items, plus one; 0: free */
	size_t slot_count;
	size_t last; /* what was asked for last is often asked for again */
};

/* The key's tally, made where there is none; borrowed until the next call. */
struct tally *tallies_at(struct tallies *tallies, int64_t key);
void tallies_release(struct tallies *tallies);

/* Puts them in order, after which tallies_at may not be called: those with most changes and runs
 * first, or the smallest keys. */
void tallies_sort_by_size(struct tallies *tallies);
void tallies_sort_by_key(struct tallies *tallies);

#endif

/* What the records of a batch owe: the records execution.owed that stand right behind them. They
 * are made while it is decided which records are added, because a leaf holds the seq and records
 * are prepared ahead. */
#ifndef PORTLOG_STORE_OWING_H
#define PORTLOG_STORE_OWING_H

#include "base/arena.h"
#include "store/journal.h"

struct owing {
	const struct journal_batch *batch;
	size_t next; /* of batch->owed */
	struct record *records;
	size_t count; /* of those made */
	/* Runs that another record of the batch must not execute, with the hashes of their ids. */
	uint64_t *once;
	struct span *run_ids;
	size_t once_count;
	struct arena texts;
	int64_t *voids; /* executions that records of the batch make void */
	size_t void_count;
};

struct owing owing_of(const struct journal_batch *batch);
void owing_release(struct owing *o);

/* Record i of the batch is here already: what it owes is dropped. */
void owing_pass_over(struct owing *o, size_t i);
/* Record i of the batch was added as the last of the records: adds those that it owes. */
bool owing_follow(struct owing *o, struct store *store, size_t i, const struct record **records,
	size_t *count, struct error *err);

#endif

/* The one way to change a store: adding records. */
#ifndef PORTLOG_STORE_JOURNAL_H
#define PORTLOG_STORE_JOURNAL_H

#include "base/crypto.h"
#include "event/record.h"
#include "store/store.h"

/* Where recording goes on: working state that is committed with the records. */
struct journal_position {
	struct span topic;
	int32_t partition;
	int64_t epoch;
	int64_t next_offset;
};

/* What a record owes by the rules. The store writes the local record execution.owed right behind it
 * (event/local_execution.h); its seq is the execution's id. */
struct journal_owed {
	size_t record; /* which of the batch */
	uint32_t idx;  /* which of its events */
	struct span run_id;
	struct span rules;   /* the candidates: local_rules_write() */
	struct span skipped; /* why it never starts; absent: it is owed */
	/* Only where no other one of this kind has been made for the run, be it skipped, in the
	 * store or in the batch; one that became void does not count. */
	bool once_per_run;
	/* Nothing: its record is below the execution floor. The run is not executed for a record
	 * behind it in the batch, either. */
	bool below_floor;
};

struct owed_try;

struct journal_batch {
	const struct record *records;
	size_t count;
	/* In order of (record, idx). What a record owes that is passed over is dropped. */
	const struct journal_owed *owed;
	size_t owed_count;
	/* Tries of reports that failed: working state. Dropped where the report is not pending. */
	const struct owed_try *tries;
	size_t try_count;
	/* Beyond what the records tell: after an EOF behind control records, a gap, a new epoch. A
	 * record of Kafka moves its partition's position by itself; imported ones do not. */
	const struct journal_position *positions;
	size_t position_count;
	/* An export that is being restored: nothing of ours may come between its records, and none
	 * may be passed over, because each keeps its seq. */
	bool verbatim;
	bool hurry; /* somebody waits: what can be done later is left out */
};

struct journal_result {
	uint64_t first_seq; /* of the first record added; 0 where none was */
	size_t added;       /* of the batch's records */
	size_t passed_over; /* was here already, with the same bytes */
	size_t owed;        /* executions: records of ours between those */
};

/* Adds the records, their leaves and all that follows from them, and the positions, or nothing at
 * all. A record is known by (topic, partition, epoch, offset), one without an offset by its content
 * and its copy number. One that is here already with the same bytes is passed over; with other
 * bytes nothing is added and the error is ERROR_INTEGRITY. After a failure (full disk, patience
 * that has run out …) the handle is as before the call and may be used again. ret_result may be
 * NULL. */
bool journal_append(struct store *store, const struct journal_batch *batch,
	struct journal_result *ret_result, struct error *err);

enum journal_known {
	JOURNAL_UNKNOWN,
	JOURNAL_SAME,
	JOURNAL_OTHER, /* another record stands at that offset: the topic was made anew */
};

/* Whether the record's (topic, partition, epoch, offset) is here, with the same key, headers,
 * timestamp and value. */
bool journal_lookup(struct store *store, const struct record *record, enum journal_known *ret_known,
	struct error *err);

/* The leaf of the record; ERROR_INTEGRITY where there is no such record. */
bool journal_leaf(struct store *store, uint64_t seq, struct hash *ret_leaf, struct error *err);

/* By what an imported record without an offset is known: SHA-256 of topic, timestamp, key, headers
 * and value. */
void journal_digest(const struct record *record, struct hash *ret_digest);

#endif

/* What is owed, runs or waits, and what Port is still to be told: read through the write handle, by
 * the recorder. Spans that a callback gets live until it returns; it may read values and single
 * executions, but neither list again nor append. A callback that returns false ends the list, which
 * is no failure. */
#ifndef PORTLOG_STORE_OWED_H
#define PORTLOG_STORE_OWED_H

#include "event/local_execution.h"
#include "store/store.h"

struct owed_execution {
	int64_t id;
	uint64_t seq; /* of the record that owes it */
	uint32_t idx; /* which of its events */
	struct span run_id;
	bool once; /* the run waits for it */
	enum execution_state state;
	int attempt; /* the latest; 0: none was begun */
	int64_t created_ms;
	int64_t next_ms;   /* waiting: when the next attempt is due; 0: it does not wait */
	struct span rules; /* the candidates: local_rules_read() */
	/* Of the latest attempt; absent where none was begun. */
	struct span rule;
	struct span digest;
	struct span kind;
	struct span reason; /* owed: of the person who asked for it again */
	/* Of the record. */
	struct span topic;
	int32_t partition;
	int64_t epoch;
	int64_t offset;
	int64_t timestamp_ms; /* Kafka's; where it has none, when it was received */
};

typedef bool owed_execution_each(void *data, const struct owed_execution *execution);

/* Those behind after_id that are open (owed, running or waiting), by id: for a start, with 0. What
 * has ended costs nothing. */
bool owed_open(struct store *store, int64_t after_id, owed_execution_each *each, void *data,
	struct error *err);
/* The same, and those that were skipped from their beginning: for what was just appended. */
bool owed_executions(struct store *store, int64_t after_id, owed_execution_each *each, void *data,
	struct error *err);
/* In any state. Its spans lie in storage, which is replaced. */
bool owed_execution(struct store *store, int64_t id, struct owed_execution *ret_execution,
	struct buf *storage, bool *ret_found, struct error *err);
/* The record that told of it last, of its attempts and of what people wanted; 0: there is none. */
bool owed_last_step(struct store *store, int64_t id, uint64_t *ret_seq, struct error *err);
/* The run's newest; 0: it has none. */
bool owed_execution_of_run(
	struct store *store, struct span run_id, int64_t *ret_id, struct error *err);

/* Method, path, body and if_open are in the record that has its id: owed_value(). */
struct owed_report {
	int64_t id;
	int64_t execution; /* 0: none */
	struct span run_id;
	int64_t created_ms;
	int attempt;     /* how often it was tried */
	int64_t next_ms; /* when it is tried again; 0: it was not tried */
	int64_t not_before_ms;
};

/* Those behind after_id that are pending, by id. */
bool owed_reports(struct store *store, int64_t after_id,
	bool (*each)(void *data, const struct owed_report *report), void *data, struct error *err);

/* A report's try that failed (journal_batch.tries). */
struct owed_try {
	int64_t report;
	int attempt;
	int64_t next_ms;
	int http_status; /* 0: no answer */
};

/* Replaces ret_value by the record's bytes. ERROR_INTEGRITY where there are none. */
bool owed_value(struct store *store, uint64_t seq, struct buf *ret_value, struct error *err);
/* The same, and ret_headers by its headers: record_headers_read(), empty where it has none. */
bool owed_message(struct store *store, uint64_t seq, struct buf *ret_value, struct buf *ret_headers,
	struct error *err);

/* The highest floor that was recorded of the partition in that epoch (record/floor.h). */
bool owed_floor(struct store *store, struct span topic, int32_t partition, int64_t epoch,
	bool *ret_found, int64_t *ret_offset, struct error *err);

/* Kafka's record, of which partition and epoch are set, is below it: it owes nothing, and the runs
 * that it asks for are skipped without another record. */
bool owed_is_below_floor(const struct store *store, const struct record *record);

struct owed_counts {
	int64_t owed;
	int64_t running;
	int64_t waiting;
	int64_t pending; /* reports */
};

bool owed_counts(struct store *store, struct owed_counts *ret_counts, struct error *err);

#endif

/* The batch in hand: messages and what portlog has to say between them, in the order in which they
 * are to be recorded. */
#ifndef PORTLOG_RECORD_BATCH_H
#define PORTLOG_RECORD_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/record.h"
#include "kafka/consumer.h"
#include "store/journal.h"

enum {
	BATCH_RECORDS = 3500,
	BATCH_BYTES = 7 * 1024 * 1024,
	BATCH_MS = 50,
	BATCH_RECORDS_LEAST = 1000, /* at first, and where the machine is slow */
	BATCH_SLOW_MS = 1000,
};

struct batch {
	struct record *records;
	struct batch_item *items; /* what the records borrow from */
	size_t count;
	size_t capacity;
	size_t bytes;
	struct journal_owed *owed; /* what the records owe, in their order */
	size_t owed_count;
	size_t owed_capacity;
	struct arena owed_texts;
	size_t most;       /* records; 0: it is the first */
	int64_t opened_ms; /* monotonic; when the first record came */
};

/* Takes the message. The record's epoch is set. */
void batch_add_message(struct batch *batch, struct consumer_message *message, int64_t epoch);
/* A local record; takes the text. */
void batch_add_local(struct batch *batch, char *text, int64_t received_ms);
/* What the last record owes; texts are copied. */
void batch_add_owed(struct batch *batch, const struct journal_owed *owed);
bool batch_is_full(const struct batch *batch);
/* How long appending it took. Whoever asks the recorder waits for that: after a slow one the next
 * are smaller, after quick ones larger again. */
void batch_took(struct batch *batch, int64_t ms);
/* Empty, keeps its memory. */
void batch_clear(struct batch *batch);
void batch_release(struct batch *batch);

#endif

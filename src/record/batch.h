/* The batch in hand: messages and what portlog has to say between them, in the order in which they
 * are to be recorded. */
#ifndef PORTLOG_RECORD_BATCH_H
#define PORTLOG_RECORD_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/record.h"
#include "kafka/consumer.h"

enum {
	BATCH_RECORDS = 3500,
	BATCH_BYTES = 7 * 1024 * 1024,
	BATCH_MS = 50,
};

struct batch {
	struct record *records;
	struct batch_item *items; /* what the records borrow from */
	size_t count;
	size_t capacity;
	size_t bytes;
	int64_t opened_ms; /* monotonic; when the first record came */
};

/* Takes the message. The record's epoch is set. */
void batch_add_message(struct batch *batch, struct consumer_message *message, int64_t epoch);
/* A local record; takes the text. */
void batch_add_local(struct batch *batch, char *text, int64_t received_ms);
bool batch_is_full(const struct batch *batch);
/* Empty, keeps its memory. */
void batch_clear(struct batch *batch);
void batch_release(struct batch *batch);

#endif

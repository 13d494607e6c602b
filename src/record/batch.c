#include "record/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

struct batch_item {
	struct consumer_message message; /* all NULL: a local record */
	char *text;                      /* of a local record */
};

static struct batch_item *add(struct batch *batch)
{
	if (batch->count == 0)
		batch->opened_ms = clock_monotonic_ms();
	if (batch->count == batch->capacity) {
		batch->capacity = batch->capacity ? 2 * batch->capacity : BATCH_RECORDS;
		batch->records =
			xreallocarray(batch->records, batch->capacity, sizeof(*batch->records));
		batch->items = xreallocarray(batch->items, batch->capacity, sizeof(*batch->items));
	}
	return &batch->items[batch->count];
}

static size_t size_of(const struct record *record)
{
	size_t size = record->key.length + record->value.length;
	for (size_t i = 0; i < record->header_count; i++)
		size += record->headers[i].name.length + record->headers[i].value.length;
	return size;
}

void batch_add_message(struct batch *batch, struct consumer_message *message, int64_t epoch)
{
	*add(batch) = (struct batch_item){ .message = *message };
	batch->records[batch->count] = message->record;
	batch->records[batch->count].epoch = epoch;
	batch->count++;
	batch->bytes += size_of(&message->record);
}

void batch_add_local(struct batch *batch, char *text, int64_t received_ms)
{
	*add(batch) = (struct batch_item){ .text = text };
	batch->records[batch->count++] = (struct record){ .source = SOURCE_LOCAL,
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = received_ms,
		.value = span_of(text) };
	batch->bytes += strlen(text);
}

void batch_add_owed(struct batch *batch, const struct journal_owed *owed)
{
	if (batch->owed_count == batch->owed_capacity) {
		batch->owed_capacity = batch->owed_capacity ? 2 * batch->owed_capacity : 64;
		batch->owed =
			xreallocarray(batch->owed, batch->owed_capacity, sizeof(*batch->owed));
	}
	struct journal_owed *copy = &batch->owed[batch->owed_count++];
	*copy = *owed;
	copy->run_id = arena_copy(&batch->owed_texts, owed->run_id);
	copy->rules = arena_copy(&batch->owed_texts, owed->rules);
	copy->skipped = arena_copy(&batch->owed_texts, owed->skipped);
}

bool batch_is_full(const struct batch *batch)
{
	size_t most = batch->most > 0 ? batch->most : BATCH_RECORDS_LEAST;
	return batch->count >= most || batch->bytes >= BATCH_BYTES;
}

void batch_took(struct batch *batch, int64_t ms)
{
	size_t most = batch->most > 0 ? batch->most : BATCH_RECORDS_LEAST;
	size_t half = batch->count / 2;
	if (ms > BATCH_SLOW_MS && !batch_is_full(batch))
		return; /* it was not its size */
	if (ms > BATCH_SLOW_MS)
		most = half > BATCH_RECORDS_LEAST ? half : BATCH_RECORDS_LEAST;
	else if (ms < BATCH_SLOW_MS / 4)
		most = 2 * most < BATCH_RECORDS ? 2 * most : BATCH_RECORDS;
	batch->most = most;
}

static void release_item(struct batch_item *item)
{
	consumer_message_release(&item->message);
	free(item->text);
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		release_item(&batch->items[i]);
	batch->count = 0;
	batch->bytes = 0;
	batch->owed_count = 0;
	arena_clear(&batch->owed_texts);
}

void batch_release(struct batch *batch)
{
	batch_clear(batch);
	free(batch->records);
	free(batch->items);
	free(batch->owed);
	arena_free(&batch->owed_texts);
}

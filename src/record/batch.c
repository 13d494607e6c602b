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

bool batch_is_full(const struct batch *batch)
{
	return batch->count >= BATCH_RECORDS || batch->bytes >= BATCH_BYTES;
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
}

void batch_release(struct batch *batch)
{
	batch_clear(batch);
	free(batch->records);
	free(batch->items);
}

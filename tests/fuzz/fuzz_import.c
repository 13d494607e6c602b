/* A line of import: reading it never reads beyond it, and what is read is, written as a line of
 * export and read again, the same record. */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "event/leaf.h"
#include "event/record_line.h"

/* The hashed form has every field in it. */
static void hash_of(const struct record *record, struct hash *ret_hash)
{
	struct buf headers = { 0 };
	record_headers_write(record->headers, record->header_count, &headers);
	record_leaf(record, 1, buf_span(&headers), ret_hash);
	buf_free(&headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc = { 0 }, doc_again = { 0 };
	struct arena texts = { 0 };
	struct buf written = { 0 };
	struct record_line line, again;
	struct error err;
	struct span text = span_make(data ? (const char *)data : "", size);
	if (record_line_read(text, &doc, &texts, &line, &err)) {
		struct hash first, second;
		record_line_write(&line.record, 1, &written);
		struct span back = span_make(written.data, written.length - 1);
		if (!record_line_read(back, &doc_again, &texts, &again, &err))
			abort();
		hash_of(&line.record, &first);
		hash_of(&again.record, &second);
		assert(hash_equal(&first, &second));
	}
	json_doc_release(&doc);
	json_doc_release(&doc_again);
	arena_free(&texts);
	buf_free(&written);
	return 0;
}

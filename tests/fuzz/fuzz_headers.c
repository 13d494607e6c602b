/* What is read as headers is written as the same bytes: the hash of a record depends on it. And
 * Base64 that is read is the only text of its bytes. */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "event/record.h"

static void check_headers(struct span text)
{
	struct buf storage = { 0 }, again = { 0 };
	struct record_header *headers = NULL;
	size_t count = 0;
	if (record_headers_read(text, &storage, &headers, &count)) {
		record_headers_write(headers, count, &again);
		assert(span_equal(buf_span(&again), text));
		free(headers);
	}
	buf_free(&storage);
	buf_free(&again);
}

static void check_base64(struct span text)
{
	struct buf bytes = { 0 }, again = { 0 };
	if (base64_read(text, &bytes)) {
		base64_write(buf_span(&bytes), &again);
		assert(span_equal(buf_span(&again), text));
	} else {
		assert(bytes.length == 0);
	}
	buf_free(&bytes);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	if (!data)
		text = span_of("");
	check_headers(text);
	check_base64(text);
	return 0;
}

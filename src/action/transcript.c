#include "action/transcript.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* How much of the text stands before the last character, if that may not be whole. */
static size_t whole_characters(struct span text)
{
	size_t length = text.length;
	for (int i = 0; i < 4 && length > 0; i++) {
		unsigned char byte = (unsigned char)text.data[length - 1];
		if (byte < 0x80)
			return length;
		length--;
		if (byte >= 0xc0)
			return length;
	}
	return text.length; /* no UTF-8 */
}

static void tell(struct transcript *t, size_t length)
{
	if (length == 0)
		return;
	t->tell(t->data, span_make(t->line.data, length));
	t->told += length;
	memmove(t->line.data, t->line.data + length, t->line.length - length);
	t->line.length -= length;
}

/* Of what has come, the whole lines. The beginning ends with a line, where there is one. */
static void tell_lines(struct transcript *t)
{
	struct span line = buf_span(&t->line);
	const char *end = line.length > 0 ? memrchr(line.data, '\n', line.length) : NULL;
	if (end)
		tell(t, (size_t)(end + 1 - line.data));
	else if (line.length >= TRANSCRIPT_LINE_BYTES)
		tell(t, whole_characters(line));
	line = buf_span(&t->line);
	t->silent = t->told + line.length >= TRANSCRIPT_TOLD_BYTES;
	if (t->silent && line.length > 0)
		buf_clear(&t->line); /* it is among the rest */
}

static void keep_tail(struct transcript *t, struct span bytes)
{
	uint64_t at = t->bytes;
	if (!t->ring)
		t->ring = xmalloc(ACTION_TAIL_BYTES);
	if (bytes.length > ACTION_TAIL_BYTES) {
		at += bytes.length - ACTION_TAIL_BYTES;
		bytes = span_make(bytes.data + bytes.length - ACTION_TAIL_BYTES, ACTION_TAIL_BYTES);
	}
	size_t start = (size_t)(at % ACTION_TAIL_BYTES);
	size_t first = ACTION_TAIL_BYTES - start;
	if (first > bytes.length)
		first = bytes.length;
	memcpy(t->ring + start, bytes.data, first);
	memcpy(t->ring, bytes.data + first, bytes.length - first);
}

void transcript_add(struct transcript *t, struct span bytes)
{
	if (bytes.length == 0)
		return;
	if (t->head.length < ACTION_HEAD_BYTES) {
		size_t room = ACTION_HEAD_BYTES - t->head.length;
		buf_add(&t->head, bytes.data, bytes.length < room ? bytes.length : room);
	}
	keep_tail(t, bytes);
	t->bytes += bytes.length;
	while (t->tell && !t->silent && bytes.length > 0) {
		uint64_t room = TRANSCRIPT_TOLD_BYTES - t->told - t->line.length;
		size_t part = bytes.length < room ? bytes.length : (size_t)room;
		if (part > TRANSCRIPT_LINE_BYTES)
			part = TRANSCRIPT_LINE_BYTES;
		buf_add(&t->line, bytes.data, part);
		bytes = span_make(bytes.data + part, bytes.length - part);
		tell_lines(t);
	}
}

/* Appends the last bytes, from that one of all on, which must be there. */
static void add_tail(const struct transcript *t, uint64_t from, struct buf *out)
{
	while (from < t->bytes) {
		size_t start = (size_t)(from % ACTION_TAIL_BYTES);
		size_t length = ACTION_TAIL_BYTES - start;
		if (length > t->bytes - from)
			length = (size_t)(t->bytes - from);
		buf_add(out, t->ring + start, length);
		from += length;
	}
}

/* From where on the end is here that does not repeat what is known up to `known`. */
static uint64_t tail_start(const struct transcript *t, uint64_t known)
{
	uint64_t first = t->bytes > ACTION_TAIL_BYTES ? t->bytes - ACTION_TAIL_BYTES : 0;
	return first > known ? first : known;
}

/* What is told of the end begins with a line, where there is one. */
static void tell_rest(struct transcript *t)
{
	struct buf tail = { 0 }, rest = { 0 };
	uint64_t from = tail_start(t, t->told);
	add_tail(t, from, &tail);
	if (from > t->told) {
		const char *line = memchr(tail.data, '\n', tail.length);
		size_t skip = line && line + 1 < tail.data + tail.length
				      ? (size_t)(line + 1 - tail.data)
				      : 0;
		buf_addf(&rest, "… %" PRIu64 " bytes left out …\n", from + skip - t->told);
		buf_add(&rest, tail.data + skip, tail.length - skip);
	} else {
		buf_add_span(&rest, buf_span(&tail));
	}
	if (rest.length > 0)
		t->tell(t->data, buf_span(&rest));
	buf_free(&tail);
	buf_free(&rest);
}

void transcript_end(struct transcript *t, struct buf *out)
{
	if (t->tell && t->bytes > t->told)
		tell_rest(t);
	uint64_t from = tail_start(t, t->head.length);
	buf_add_span(out, buf_span(&t->head));
	if (from > t->head.length)
		buf_addf(out, "\n… %" PRIu64 " bytes left out …\n", from - t->head.length);
	add_tail(t, from, out);
}

void transcript_release(struct transcript *t)
{
	buf_free(&t->head);
	buf_free(&t->line);
	free(t->ring);
	*t = (struct transcript){ 0 };
}

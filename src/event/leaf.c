#include "event/leaf.h"

/* Numbers are written digit by digit and the value is hashed where it lies: each record recorded
 * passes through here, and verify reads them all again. */
static void add_unsigned(uint64_t number, struct buf *out)
{
	char digits[20];
	size_t first = sizeof(digits);
	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add(out, digits + first, sizeof(digits) - first);
}

static void add_signed(int64_t number, struct buf *out)
{
	if (number < 0)
		buf_add_char(out, '-');
	add_unsigned(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, out);
}

/* "\nWORD NUMBER"; a negative number stands for none. */
static void add_place(const char *word, int64_t number, struct buf *out)
{
	buf_add_text(out, word);
	if (number < 0)
		buf_add_char(out, '-');
	else
		add_unsigned((uint64_t)number, out);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != '%';
}

static void add_topic(struct span topic, struct buf *out)
{
	if (!topic.data) {
		buf_add_char(out, '-');
		return;
	}
	if (span_is(topic, "-")) {
		buf_add_text(out, "%2d");
		return;
	}
	size_t start = 0;
	for (size_t i = 0; i < topic.length; i++) {
		if (is_plain((unsigned char)topic.data[i]))
			continue;
		buf_add(out, topic.data + start, i - start);
		buf_add_char(out, '%');
		hex_write(span_make(topic.data + i, 1), out);
		start = i + 1;
	}
	buf_add(out, topic.data + start, topic.length - start);
}

static void add_timestamp(const struct record *record, struct buf *out)
{
	if (record->timestamp_type == TIMESTAMP_NONE)
		buf_add_char(out, '-');
	else
		add_signed(record->timestamp_ms, out);
	buf_add_char(out, ' ');
	buf_add_text(out, timestamp_type_word(record->timestamp_type));
}

/* All but the value's bytes. */
static void add_head(
	const struct record *record, uint64_t seq, struct span headers, struct buf *out)
{
	/* Enough for nearly every record, so that the buffer grows once. */
	buf_reserve(out, 256 + record->topic.length + 2 * (record->key.length + headers.length));
	buf_add_text(out, "portlog/v1\nseq ");
	add_unsigned(seq, out);
	buf_add_text(out, "\nsource ");
	buf_add_text(out, record_source_word(record->source));
	buf_add_text(out, "\ntopic ");
	add_topic(record->topic, out);
	add_place("\npartition ", record->partition, out);
	add_place("\nepoch ", record->epoch, out);
	add_place("\noffset ", record->offset, out);
	buf_add_text(out, "\ntimestamp ");
	add_timestamp(record, out);
	buf_add_text(out, "\nreceived ");
	add_signed(record->received_ms, out);
	buf_add_text(out, "\nkey ");
	if (record->key.data)
		base64_write(record->key, out);
	else
		buf_add_char(out, '-');
	buf_add_text(out, "\nheaders ");
	if (headers.length > 0)
		base64_write(headers, out);
	else
		buf_add_char(out, '-');
	add_place("\nvalue ", record->value.data ? (int64_t)record->value.length : -1, out);
	buf_add_text(out, "\n\n");
}

void record_leaf(
	const struct record *record, uint64_t seq, struct span headers, struct hash *ret_leaf)
{
	struct buf head = { 0 };
	add_head(record, seq, headers, &head);
	const struct span parts[] = { span_make("\0", 1), buf_span(&head), record->value };
	sha256(parts, sizeof(parts) / sizeof(parts[0]), ret_leaf);
	buf_free(&head);
}

void record_hashed_form(const struct record *record, uint64_t seq, struct buf *out)
{
	struct buf headers = { 0 };
	record_headers_write(record->headers, record->header_count, &headers);
	add_head(record, seq, buf_span(&headers), out);
	buf_add_span(out, record->value);
	buf_free(&headers);
}

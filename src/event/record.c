#include "event/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"

/* The rows of each table stand at their number. */
static const char *const source_words[] = {
	[SOURCE_KAFKA] = "kafka",
	[SOURCE_IMPORT] = "import",
	[SOURCE_LOCAL] = "local",
	[SOURCE_API] = "api",
};

static const char *const timestamp_words[] = {
	[TIMESTAMP_NONE] = "none",
	[TIMESTAMP_CREATE] = "create",
	[TIMESTAMP_APPEND] = "append",
};

static const char *const problem_words[] = {
	[PROBLEM_TOMBSTONE] = "tombstone",
	[PROBLEM_EMPTY] = "empty",
	[PROBLEM_NOT_JSON] = "not_json",
	[PROBLEM_NOT_UTF8] = "not_utf8",
	[PROBLEM_TOO_DEEP] = "too_deep",
	[PROBLEM_UNKNOWN_SHAPE] = "unknown_shape",
};

enum {
	SOURCE_COUNT = sizeof(source_words) / sizeof(source_words[0]),
	TIMESTAMP_COUNT = sizeof(timestamp_words) / sizeof(timestamp_words[0]),
	PROBLEM_COUNT = sizeof(problem_words) / sizeof(problem_words[0]),
};

/* The number of the row that holds the word; count where none does. */
static unsigned find_word(const char *const *words, unsigned count, struct span word)
{
	unsigned i = 0;
	while (i < count && !(words[i] && span_is(word, words[i])))
		i++;
	return i;
}

const char *record_source_word(enum record_source source)
{
	return (unsigned)source < SOURCE_COUNT ? source_words[source] : NULL;
}

bool record_source_of(struct span word, enum record_source *ret_source)
{
	unsigned found = find_word(source_words, SOURCE_COUNT, word);
	if (found < SOURCE_COUNT)
		*ret_source = (enum record_source)found;
	return found < SOURCE_COUNT;
}

const char *timestamp_type_word(enum timestamp_type type)
{
	return (unsigned)type < TIMESTAMP_COUNT ? timestamp_words[type] : NULL;
}

bool timestamp_type_of(struct span word, enum timestamp_type *ret_type)
{
	unsigned found = find_word(timestamp_words, TIMESTAMP_COUNT, word);
	if (found < TIMESTAMP_COUNT)
		*ret_type = (enum timestamp_type)found;
	return found < TIMESTAMP_COUNT;
}

const char *record_problem_word(enum record_problem problem)
{
	return (unsigned)problem < PROBLEM_COUNT ? problem_words[problem] : NULL;
}

bool record_problem_of(struct span word, enum record_problem *ret_problem)
{
	unsigned found = find_word(problem_words, PROBLEM_COUNT, word);
	if (found < PROBLEM_COUNT)
		*ret_problem = (enum record_problem)found;
	return found < PROBLEM_COUNT;
}

/* Header names are bytes: with every byte that is not plain ASCII encoded, the JSON is valid
 * whatever they are, and there is one form only. */
static void name_write(struct span name, struct buf *out)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < name.length; i++) {
		unsigned char c = (unsigned char)name.data[i];
		if (c < 0x21 || c > 0x7E || c == '%' || c == '"' || c == '\\') {
			buf_add_char(out, '%');
			buf_add_char(out, hex[c >> 4]);
			buf_add_char(out, hex[c & 0xF]);
		} else {
			buf_add_char(out, (char)c);
		}
	}
}

void record_headers_write(const struct record_header *headers, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_add_text(out, i == 0 ? "[[\"" : ",[\"");
		name_write(headers[i].name, out);
		if (headers[i].value.data) {
			buf_add_text(out, "\",\"");
			base64_write(headers[i].value, out);
			buf_add_text(out, "\"]");
		} else {
			buf_add_text(out, "\",null]");
		}
	}
	if (count > 0)
		buf_add_char(out, ']');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* True where the name is as name_write writes it. */
static bool name_read(struct span name, struct buf *out)
{
	for (size_t i = 0; i < name.length; i++) {
		unsigned char c = (unsigned char)name.data[i];
		if (c < 0x21 || c > 0x7E || c == '"' || c == '\\')
			return false;
		if (c == '%') {
			if (name.length - i < 3)
				return false;
			int high = hex_digit(name.data[i + 1]);
			int low = hex_digit(name.data[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (unsigned char)(high * 16 + low);
			i += 2;
		}
		buf_add_char(out, (char)c);
	}
	return true;
}

/* What was appended to storage since start. Storage has been given room for all, so it stays. */
static struct span added_since(const struct buf *storage, size_t start)
{
	return span_make(storage->data + start, storage->length - start);
}

static bool plain_string(const struct json_doc *doc, json_index at, struct span *ret_text)
{
	struct buf unused = { 0 };
	if (json_kind_of(doc, at) != JSON_KIND_STRING || doc->nodes[at].escaped)
		return false;
	*ret_text = json_text(doc, at, &unused);
	return true;
}

/* One ["NAME","BASE64"] or ["NAME",null]. */
static bool header_read(const struct json_doc *doc, json_index at, struct buf *storage,
	struct record_header *ret_header)
{
	if (json_kind_of(doc, at) != JSON_KIND_ARRAY || doc->nodes[at].children != 2)
		return false;
	json_index name_at = json_first(doc, at);
	json_index value_at = json_next(doc, at, name_at);
	struct span text;
	size_t start = storage->length;
	if (!plain_string(doc, name_at, &text) || !name_read(text, storage))
		return false;
	ret_header->name = added_since(storage, start);
	ret_header->value = span_of(NULL);
	if (json_is_nothing(doc, value_at))
		return true;
	start = storage->length;
	if (!plain_string(doc, value_at, &text) || !base64_read(text, storage))
		return false;
	ret_header->value = added_since(storage, start);
	return true;
}

static bool headers_read(
	const struct json_doc *doc, struct buf *storage, struct record_header *headers)
{
	size_t count = 0;
	for (json_index i = json_first(doc, 0); i != JSON_ABSENT; i = json_next(doc, 0, i))
		if (!header_read(doc, i, storage, &headers[count++]))
			return false;
	return true;
}

/* There is one way to write headers: the record's hash was taken of that one. */
static bool writes_as(const struct record_header *headers, size_t count, struct span text)
{
	struct buf again = { 0 };
	record_headers_write(headers, count, &again);
	bool same = span_equal(buf_span(&again), text);
	buf_free(&again);
	return same;
}

bool record_headers_read(struct span text, struct buf *storage, struct record_header **ret_headers,
	size_t *ret_count)
{
	if (text.length == 0) {
		*ret_headers = NULL;
		*ret_count = 0;
		return true;
	}
	bool ok = false;
	struct json_doc doc = { 0 };
	struct record_header *headers = NULL;
	if (json_scan(&doc, text.data, text.length) != JSON_OK ||
		json_kind_of(&doc, 0) != JSON_KIND_ARRAY)
		goto out;
	/* Nothing that is read is longer than how it is written. */
	buf_reserve(storage, text.length);
	headers = xcalloc(doc.nodes[0].children + 1U, sizeof(headers[0]));
	if (!headers_read(&doc, storage, headers) ||
		!writes_as(headers, doc.nodes[0].children, text))
		goto out;
	*ret_headers = headers;
	*ret_count = doc.nodes[0].children;
	headers = NULL;
	ok = true;
out:
	free(headers);
	json_doc_release(&doc);
	return ok;
}

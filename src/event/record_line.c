#include "event/record_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_write.h"
#include "base/text.h"

struct reading {
	const struct json_doc *doc;
	struct arena *texts;
	struct error *err;
};

static json_index member(const struct reading *r, const char *name)
{
	return json_member(r->doc, 0, span_of(name));
}

static bool wrong(const struct reading *r, const char *name, const char *wanted)
{
	return error_set(r->err, ERROR_USAGE, "\"%s\" is not %s", name, wanted);
}

static bool read_number(
	const struct reading *r, const char *name, int64_t most, int64_t *ret_number)
{
	json_index at = member(r, name);
	if (json_is_nothing(r->doc, at))
		return true;
	struct span raw = json_raw(r->doc, at);
	char text[24] = { 0 };
	char *end = text;
	if (json_kind_of(r->doc, at) != JSON_KIND_NUMBER || raw.length >= sizeof(text))
		return wrong(r, name, "a whole number");
	memcpy(text, raw.data, raw.length);
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (*end != '\0' || errno != 0 || number > most)
		return wrong(r, name, "a whole number that fits");
	*ret_number = number;
	return true;
}

/* The decoded text of a string, in the arena or the line. */
static struct span text_of(const struct reading *r, json_index at)
{
	struct buf scratch = { 0 };
	struct span text = json_text(r->doc, at, &scratch);
	if (text.data && scratch.length > 0)
		text = arena_copy(r->texts, text);
	buf_free(&scratch);
	return text;
}

/* {"base64": TEXT} and nothing else. */
static bool is_base64(const struct reading *r, json_index at)
{
	return json_kind_of(r->doc, at) == JSON_KIND_OBJECT && r->doc->nodes[at].children == 1 &&
	       json_kind_of(r->doc, json_member(r->doc, at, span_of("base64"))) == JSON_KIND_STRING;
}

static bool read_bytes(const struct reading *r, json_index at, const char *name, bool any_kind,
	struct span *ret_bytes)
{
	if (json_is_nothing(r->doc, at))
		return true;
	if (json_has_lone_surrogate(r->doc, at))
		return error_set(r->err, ERROR_USAGE,
			"\"%s\" has half a surrogate pair in it, which stands for no character",
			name);
	if (json_kind_of(r->doc, at) == JSON_KIND_STRING) {
		*ret_bytes = text_of(r, at);
		return true;
	}
	if (!is_base64(r, at)) {
		if (!any_kind)
			return wrong(r, name, "a text, null or {\"base64\": TEXT}");
		*ret_bytes = json_raw(r->doc, at);
		return true;
	}
	struct buf bytes = { 0 };
	bool ok = base64_read(text_of(r, json_member(r->doc, at, span_of("base64"))), &bytes);
	if (ok)
		*ret_bytes = arena_copy(r->texts, buf_span(&bytes));
	buf_free(&bytes);
	return ok || wrong(r, name, "valid Base64");
}

static bool read_pair(const struct reading *r, json_index name, json_index value,
	struct record_header *ret_header)
{
	*ret_header = (struct record_header){ 0 };
	if (!read_bytes(r, name, "headers", false, &ret_header->name) ||
		!read_bytes(r, value, "headers", false, &ret_header->value))
		return false;
	return ret_header->name.data || wrong(r, "headers", "a list of names and values");
}

/* [["a","1"],["b",null]], or kcat's ["a","1","b",null]. */
static bool read_headers(const struct reading *r, struct record *record)
{
	const struct json_doc *doc = r->doc;
	json_index list = member(r, "headers");
	if (json_is_nothing(doc, list))
		return true;
	if (json_kind_of(doc, list) != JSON_KIND_ARRAY)
		return wrong(r, "headers", "a list");
	struct record_header *headers =
		arena_alloc(r->texts, (doc->nodes[list].children + 1) * sizeof(*headers));
	size_t count = 0;
	for (json_index at = json_first(doc, list); at != JSON_ABSENT;) {
		json_index name = at, value;
		if (json_kind_of(doc, at) == JSON_KIND_ARRAY) {
			if (doc->nodes[at].children != 2)
				return wrong(r, "headers", "a list of pairs");
			name = json_first(doc, at);
			value = json_next(doc, at, name);
		} else {
			value = at = json_next(doc, list, at);
			if (value == JSON_ABSENT)
				return wrong(r, "headers", "a list of names and values");
		}
		if (!read_pair(r, name, value, &headers[count++]))
			return false;
		at = json_next(doc, list, at);
	}
	record->headers = headers;
	record->header_count = count;
	return true;
}

static bool read_word(const struct reading *r, const char *name, struct span *ret_word)
{
	json_index at = member(r, name);
	*ret_word = (struct span){ 0 };
	if (json_is_nothing(r->doc, at))
		return true;
	if (json_kind_of(r->doc, at) != JSON_KIND_STRING)
		return wrong(r, name, "a text");
	*ret_word = text_of(r, at);
	return true;
}

/* kcat says "logappend" and "unknown" for append and none. */
static bool read_timestamp_type(const struct reading *r, struct record *record)
{
	struct span word;
	if (!read_word(r, "tstype", &word))
		return false;
	bool has_time = !json_is_nothing(r->doc, member(r, "ts"));
	record->timestamp_type = has_time ? TIMESTAMP_CREATE : TIMESTAMP_NONE;
	if (!word.data || timestamp_type_of(word, &record->timestamp_type))
		return true;
	if (span_is(word, "logappend"))
		record->timestamp_type = TIMESTAMP_APPEND;
	else if (span_is(word, "unknown"))
		record->timestamp_type = TIMESTAMP_NONE;
	else
		return wrong(r, "tstype", "create, append or none");
	return true;
}

static bool read_source(const struct reading *r, struct record *record)
{
	struct span word;
	if (!read_word(r, "source", &word))
		return false;
	return !word.data || record_source_of(word, &record->source) ||
	       wrong(r, "source", "kafka, import, local or api");
}

/* What kcat -s could not decode it writes as null and says why: the bytes are not in the line. */
static bool is_there(const struct reading *r, const char *name, const char *error)
{
	json_index at = member(r, error);
	struct span why = text_of(r, at);
	if (json_is_nothing(r->doc, at) || !json_is_nothing(r->doc, member(r, name)))
		return true;
	return error_set(r->err, ERROR_USAGE,
		"kcat could not decode the %s: %.*s; without -s it writes the bytes", name,
		(int)why.length, why.data ? why.data : "");
}

static bool read_members(const struct reading *r, struct record_line *line)
{
	struct record *record = &line->record;
	int64_t partition = -1, seq = 0;
	bool ok = read_number(r, "seq", INT64_MAX, &seq) &&
		  read_number(r, "partition", INT32_MAX, &partition) &&
		  read_number(r, "epoch", INT32_MAX, &record->epoch) &&
		  /* The position after it must be a number, too. */
		  read_number(r, "offset", INT64_MAX - 1, &record->offset) &&
		  read_number(r, "ts", INT64_MAX, &record->timestamp_ms) &&
		  /* A clock of ours said it. */
		  read_number(r, "received", CLOCK_LAST_MS, &record->received_ms) &&
		  (record->received_ms >= 0 || wrong(r, "received", "a time")) &&
		  read_timestamp_type(r, record) && read_source(r, record) &&
		  is_there(r, "key", "key_error") && is_there(r, "payload", "payload_error") &&
		  read_bytes(r, member(r, "topic"), "topic", false, &record->topic) &&
		  read_bytes(r, member(r, "key"), "key", false, &record->key) &&
		  read_bytes(r, member(r, "payload"), "payload", true, &record->value) &&
		  read_headers(r, record);
	line->seq = seq > 0 ? (uint64_t)seq : 0;
	record->partition = partition < 0 ? -1 : (int32_t)partition;
	return ok;
}

bool record_line_read(struct span line, struct json_doc *doc, struct arena *texts,
	struct record_line *ret_line, struct error *err)
{
	struct reading r = { doc, texts, err };
	struct record_line result = {
		.record = { .source = SOURCE_IMPORT, .partition = -1, .epoch = -1, .offset = -1 }
	};
	if (json_scan_bytes(doc, line.data, line.length) != JSON_OK)
		return error_set(err, ERROR_USAGE, "not JSON");
	if (json_kind_of(doc, 0) != JSON_KIND_OBJECT || member(&r, "payload") == JSON_ABSENT)
		return error_set(err, ERROR_USAGE,
			"no line of 'portlog export' or 'kcat -J'; for plain messages give "
			"--topic");
	if (!read_members(&r, &result))
		return false;
	*ret_line = result;
	return true;
}

static void write_bytes(struct json_writer *w, struct span bytes)
{
	if (!bytes.data || text_is_utf8(bytes)) {
		json_span_value(w, bytes);
		return;
	}
	struct buf text = { 0 };
	base64_write(bytes, &text);
	json_object_start(w);
	json_member_span(w, "base64", buf_span(&text));
	json_object_end(w);
	buf_free(&text);
}

static void write_number(struct json_writer *w, const char *name, int64_t number)
{
	json_key(w, name);
	if (number < 0)
		json_null_value(w);
	else
		json_int_value(w, number);
}

static void write_headers(struct json_writer *w, const struct record *record)
{
	json_key(w, "headers");
	json_array_start(w);
	for (size_t i = 0; i < record->header_count; i++) {
		json_array_start(w);
		write_bytes(w, record->headers[i].name);
		write_bytes(w, record->headers[i].value);
		json_array_end(w);
	}
	json_array_end(w);
}

void record_line_write(const struct record *record, uint64_t seq, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_int(&w, "seq", (int64_t)seq);
	json_member_text(&w, "source", record_source_word(record->source));
	json_key(&w, "topic");
	write_bytes(&w, record->topic);
	write_number(&w, "partition", record->partition);
	write_number(&w, "epoch", record->epoch);
	write_number(&w, "offset", record->offset);
	json_key(&w, "ts");
	if (record->timestamp_type == TIMESTAMP_NONE)
		json_null_value(&w);
	else
		json_int_value(&w, record->timestamp_ms);
	json_member_text(&w, "tstype", timestamp_type_word(record->timestamp_type));
	json_member_int(&w, "received", record->received_ms);
	json_key(&w, "key");
	write_bytes(&w, record->key);
	write_headers(&w, record);
	json_key(&w, "payload");
	write_bytes(&w, record->value);
	json_object_end(&w);
	buf_add_char(out, '\n');
}

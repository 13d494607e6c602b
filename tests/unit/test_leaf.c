/* The hashed form against tests/data/leaf_vectors.json, which tests/tools/check_leaves.py checks on
 * its own: two independent writers of the form must agree with it. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "event/leaf.h"
#include "proof/merkle.h"

/* A vector's record owns what struct record borrows. */
struct vector {
	struct record record;
	struct record_header headers[16];
	struct buf bytes[40];
	size_t used;
};

/* Text, or {"base64": …} where it is not UTF-8; null is absent. */
static struct span bytes_of(struct vector *v, const json_t *json)
{
	if (json_is_null(json))
		return span_of(NULL);
	if (json_is_string(json))
		return span_make(json_string_value(json), json_string_length(json));
	assert_true(v->used < sizeof(v->bytes) / sizeof(v->bytes[0]));
	struct buf *bytes = &v->bytes[v->used++];
	assert_true(
		base64_read(span_of(json_string_value(json_object_get(json, "base64"))), bytes));
	return buf_span(bytes);
}

static int64_t number_of(const json_t *record, const char *name)
{
	const json_t *number = json_object_get(record, name);
	assert_true(json_is_null(number) || json_is_integer(number));
	return json_is_null(number) ? -1 : json_integer_value(number);
}

static void read_headers(struct vector *v, const json_t *headers)
{
	size_t i;
	json_t *pair;
	json_array_foreach(headers, i, pair)
	{
		assert_true(i < sizeof(v->headers) / sizeof(v->headers[0]));
		v->headers[i].name = bytes_of(v, json_array_get(pair, 0));
		v->headers[i].value = bytes_of(v, json_array_get(pair, 1));
	}
	v->record.headers = v->headers;
	v->record.header_count = json_array_size(headers);
}

static void read_record(struct vector *v, const json_t *json)
{
	struct record *r = &v->record;
	const char *source = json_string_value(json_object_get(json, "source"));
	const char *type = json_string_value(json_object_get(json, "tstype"));
	assert_true(record_source_of(span_of(source), &r->source));
	assert_true(timestamp_type_of(span_of(type), &r->timestamp_type));
	r->topic = bytes_of(v, json_object_get(json, "topic"));
	r->partition = (int32_t)number_of(json, "partition");
	r->epoch = number_of(json, "epoch");
	r->offset = number_of(json, "offset");
	r->timestamp_ms = number_of(json, "ts");
	r->received_ms = number_of(json, "received");
	r->key = bytes_of(v, json_object_get(json, "key"));
	r->value = bytes_of(v, json_object_get(json, "payload"));
	read_headers(v, json_object_get(json, "headers"));
}

static void check_leaf(const json_t *row, struct hash *ret_leaf)
{
	struct vector v = { 0 };
	const json_t *json = json_object_get(row, "record");
	read_record(&v, json);
	uint64_t seq = (uint64_t)number_of(json, "seq");
	struct buf form = { 0 }, headers = { 0 }, hex = { 0 };
	record_hashed_form(&v.record, seq, &form);
	struct span expected = bytes_of(&v, json_object_get(row, "form"));
	if (!span_equal(buf_span(&form), expected))
		fail_msg("%s:\n%s", json_string_value(json_object_get(row, "about")),
			buf_text(&form));

	record_headers_write(v.record.headers, v.record.header_count, &headers);
	record_leaf(&v.record, seq, buf_span(&headers), ret_leaf);
	hex_write(span_make((const char *)ret_leaf->bytes, HASH_BYTES), &hex);
	assert_string_equal(buf_text(&hex), json_string_value(json_object_get(row, "leaf")));
	buf_free(&form);
	buf_free(&headers);
	buf_free(&hex);
	for (size_t i = 0; i < v.used; i++)
		buf_free(&v.bytes[i]);
}

static void check_root(const struct merkle_edge *edge, const json_t *expected)
{
	struct hash root;
	struct buf hex = { 0 };
	merkle_edge_root(edge, &root);
	hex_write(span_make((const char *)root.bytes, HASH_BYTES), &hex);
	assert_string_equal(buf_text(&hex), json_string_value(expected));
	buf_free(&hex);
}

static void test_vectors(void **state)
{
	(void)state;
	json_error_t error;
	json_t *vectors = json_load_file("../data/leaf_vectors.json", JSON_ALLOW_NUL, &error);
	if (!vectors)
		fail_msg("leaf_vectors.json:%d: %s", error.line, error.text);
	const json_t *rows = json_object_get(vectors, "leaves");
	const json_t *roots = json_object_get(vectors, "roots");
	struct merkle_edge edge = { 0 };
	size_t i;
	json_t *row;
	assert_true(json_array_size(rows) >= 20);
	assert_int_equal(json_array_size(roots), json_array_size(rows) + 1);
	json_array_foreach(rows, i, row)
	{
		struct hash leaf;
		check_leaf(row, &leaf);
		check_root(&edge, json_array_get(roots, i));
		merkle_edge_add(&edge, &leaf);
	}
	check_root(&edge, json_array_get(roots, i));
	json_decref(vectors);
}

/* Absent headers and empty ones are the same: none. */
static void test_no_headers(void **state)
{
	(void)state;
	const struct record record = {
		.source = SOURCE_LOCAL, .partition = -1, .epoch = -1, .offset = -1
	};
	struct hash absent, empty;
	record_leaf(&record, 1, span_of(NULL), &absent);
	record_leaf(&record, 1, span_of(""), &empty);
	assert_true(hash_equal(&absent, &empty));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_vectors), TEST(test_no_headers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

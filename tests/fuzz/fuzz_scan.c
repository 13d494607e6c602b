/* The scanner takes what jansson takes and finds the same in it, apart from where jansson is
 * narrower: numbers beyond its types, lone surrogates, NUL in names. */
#include "fuzz.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json_scan.h"

static void compare(const struct json_doc *doc, json_index at, const json_t *value);

static void compare_object(const struct json_doc *doc, json_index at, const json_t *value)
{
	struct json_members members = { 0 };
	json_members_sort(&members, doc, at);
	assert(members.count == json_object_size(value));
	for (size_t i = 0; i < members.count; i++) {
		struct span name = members.items[i].name;
		json_index found = members.items[i].value;
		assert(json_member(doc, at, name) == found);
		assert(json_members_find(&members, name) == found);
		compare(doc, found, json_object_getn(value, name.data, name.length));
	}
	json_members_release(&members);
}

static void compare_array(const struct json_doc *doc, json_index at, const json_t *value)
{
	size_t i = 0;
	assert(doc->nodes[at].children == json_array_size(value));
	for (json_index k = json_first(doc, at); k != JSON_ABSENT; k = json_next(doc, at, k))
		compare(doc, k, json_array_get(value, i++));
	assert(i == json_array_size(value));
}

static void compare_number(struct span raw, const json_t *value)
{
	char *text = span_dup(raw);
	if (json_is_integer(value))
		assert(strtoll(text, NULL, 10) == json_integer_value(value));
	else
		assert(json_is_real(value) && strtod(text, NULL) == json_real_value(value));
	free(text);
}

static void compare_string(const struct json_doc *doc, json_index at, const json_t *value)
{
	struct buf scratch = { 0 };
	struct span text = json_text(doc, at, &scratch);
	assert(json_is_string(value) && text.length == json_string_length(value));
	assert(memcmp(text.data, json_string_value(value), text.length) == 0);
	buf_free(&scratch);
}

static void compare(const struct json_doc *doc, json_index at, const json_t *value)
{
	assert(value);
	switch (json_kind_of(doc, at)) {
	case JSON_KIND_NULL:
		assert(json_is_null(value));
		break;
	case JSON_KIND_FALSE:
		assert(json_is_false(value));
		break;
	case JSON_KIND_TRUE:
		assert(json_is_true(value));
		break;
	case JSON_KIND_NUMBER:
		compare_number(json_raw(doc, at), value);
		break;
	case JSON_KIND_STRING:
		compare_string(doc, at, value);
		break;
	case JSON_KIND_ARRAY:
		assert(json_is_array(value));
		compare_array(doc, at, value);
		break;
	case JSON_KIND_OBJECT:
		assert(json_is_object(value));
		compare_object(doc, at, value);
		break;
	}
}

/* What jansson may refuse although it is JSON. */
static bool is_narrower(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
	       strstr(error->text, "invalid Unicode '\\u") != NULL;
}

/* Each value lies in its container, behind the one before, and has the text that it spans. */
static void check_nodes(const struct json_doc *doc, size_t size)
{
	for (size_t i = 0; i < doc->count; i++) {
		const struct json_node *node = &doc->nodes[i];
		assert(node->length > 0 && (size_t)node->start + node->length <= size);
		assert(node->next > i && node->next <= doc->count);
		assert(i == 0 || node->start > doc->nodes[i - 1].start);
		for (json_index k = json_first(doc, (json_index)i); k != JSON_ABSENT;
			k = json_next(doc, (json_index)i, k))
			assert(doc->nodes[k].start + doc->nodes[k].length <
				node->start + node->length);
	}
	assert(json_same(doc, 0, doc, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc = { 0 };
	json_error_t error;
	const char *text = data ? (const char *)data : "";
	enum json_result result = json_scan(&doc, text, size);
	json_t *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (result == JSON_OK) {
		check_nodes(&doc, size);
		if (value)
			compare(&doc, 0, value);
		else
			assert(is_narrower(&error));
	} else {
		assert(doc.count == 0);
		/* For jansson a text may end with a NUL, whatever is behind. */
		assert(!value || result == JSON_TOO_DEEP || memchr(text, '\0', size));
	}
	json_decref(value);
	json_doc_release(&doc);
	return 0;
}

/* Reading what the scanner found: members, paths, texts. */
#include "base/json_scan.h"

#include <string.h>

static const struct json_node *node_at(const struct json_doc *doc, json_index at)
{
	return at < doc->count ? &doc->nodes[at] : NULL;
}

enum json_kind json_kind_of(const struct json_doc *doc, json_index at)
{
	const struct json_node *node = node_at(doc, at);
	return node ? (enum json_kind)node->kind : JSON_KIND_NULL;
}

bool json_is_nothing(const struct json_doc *doc, json_index at)
{
	return json_kind_of(doc, at) == JSON_KIND_NULL;
}

struct span json_raw(const struct json_doc *doc, json_index at)
{
	const struct json_node *node = node_at(doc, at);
	return node ? span_make(doc->text + node->start, node->length) : span_of(NULL);
}

json_index json_first(const struct json_doc *doc, json_index at)
{
	const struct json_node *node = node_at(doc, at);
	return node && node->children > 0 ? at + 1 : JSON_ABSENT;
}

json_index json_next(const struct json_doc *doc, json_index parent, json_index child)
{
	const struct json_node *container = node_at(doc, parent);
	const struct json_node *node = node_at(doc, child);
	return container && node && node->next < container->next ? node->next : JSON_ABSENT;
}

/* Of an escaped name: a rare case, so the copy does not matter. */
static bool decoded_is(struct span inside, struct span name)
{
	struct buf decoded = { 0 };
	json_unescape(inside, &decoded);
	bool same = decoded.length == name.length &&
		    memcmp(buf_text(&decoded), name.data, name.length) == 0;
	buf_free(&decoded);
	return same;
}

bool json_key_is(const struct json_doc *doc, json_index at, struct span name)
{
	const struct json_node *node = node_at(doc, at);
	if (!node || !node->has_key)
		return false;
	const char *key = doc->text + node->key_start;
	if (node->key_escaped)
		return node->key_length > name.length &&
		       decoded_is(span_make(key, node->key_length), name);
	return node->key_length == name.length && memcmp(key, name.data, name.length) == 0;
}

struct span json_key_of(const struct json_doc *doc, json_index at, struct buf *scratch)
{
	const struct json_node *node = node_at(doc, at);
	if (!node || !node->has_key)
		return span_of(NULL);
	struct span inside = span_make(doc->text + node->key_start, node->key_length);
	if (!node->key_escaped)
		return inside;
	size_t before = scratch->length;
	json_unescape(inside, scratch);
	return span_make(buf_text(scratch) + before, scratch->length - before);
}

json_index json_member(const struct json_doc *doc, json_index at, struct span name)
{
	json_index found = JSON_ABSENT;
	if (json_kind_of(doc, at) != JSON_KIND_OBJECT)
		return JSON_ABSENT;
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i))
		if (json_key_is(doc, i, name))
			found = i;
	return found;
}

static json_index element(const struct json_doc *doc, json_index at, uint32_t wanted)
{
	if (json_kind_of(doc, at) != JSON_KIND_ARRAY)
		return JSON_ABSENT;
	json_index i = json_first(doc, at);
	while (i != JSON_ABSENT && wanted-- > 0)
		i = json_next(doc, at, i);
	return i;
}

/* The inside of the string at text, which starts with a quote; returns what is behind it. */
static const char *quoted_step(const char *text, struct buf *scratch, struct span *ret_name)
{
	const char *start = text + 1;
	const char *p = start;
	bool escaped = false;
	for (; *p != '"'; p++) {
		if (*p == '\\') {
			escaped = true;
			p++;
		}
		if (*p == '\0')
			return NULL;
	}
	*ret_name = span_make(start, (size_t)(p - start));
	if (escaped) {
		buf_clear(scratch);
		json_unescape(*ret_name, scratch);
		*ret_name = buf_span(scratch);
	}
	return p + 1;
}

/* "[0]" or "[\"name\"]", from behind the bracket. */
static const char *bracket_step(const char *p, struct buf *scratch, struct json_step *ret_step)
{
	uint64_t number = 0;
	if (*p == '"') {
		p = quoted_step(p, scratch, &ret_step->name);
		return p && *p == ']' ? p + 1 : NULL;
	}
	const char *digits = p;
	for (; *p >= '0' && *p <= '9' && number < UINT32_MAX; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	if (p == digits || *p != ']' || number >= UINT32_MAX)
		return NULL;
	ret_step->is_index = true;
	ret_step->index = (uint32_t)number;
	return p + 1;
}

bool json_path_step(const char **path, struct buf *scratch, struct json_step *ret_step)
{
	const char *p = *path;
	struct json_step step = { 0 };
	if (*p == '.')
		p++;
	else if (*p != '[')
		return false;
	if (*p == '[') {
		p = bracket_step(p + 1, scratch, &step);
	} else if (*p == '"') {
		p = quoted_step(p, scratch, &step.name);
	} else {
		size_t length = strcspn(p, ".[\"");
		step.name = span_make(p, length);
		p = length > 0 ? p + length : NULL;
	}
	if (!p || (*p != '\0' && *p != '.' && *p != '['))
		return false;
	*path = p;
	*ret_step = step;
	return true;
}

json_index json_path(const struct json_doc *doc, json_index at, const char *path)
{
	struct buf scratch = { 0 };
	struct json_step step = { 0 };
	while (at != JSON_ABSENT && *path != '\0') {
		if (!json_path_step(&path, &scratch, &step))
			at = JSON_ABSENT;
		else
			at = step.is_index ? element(doc, at, step.index)
					   : json_member(doc, at, step.name);
	}
	buf_free(&scratch);
	return at < doc->count ? at : JSON_ABSENT;
}

struct span json_text(const struct json_doc *doc, json_index at, struct buf *scratch)
{
	const struct json_node *node = node_at(doc, at);
	if (!node || node->kind != JSON_KIND_STRING)
		return span_of(NULL);
	struct span inside = span_make(doc->text + node->start + 1, node->length - 2);
	if (!node->escaped)
		return inside;
	size_t before = scratch->length;
	json_unescape(inside, scratch);
	return span_make(buf_text(scratch) + before, scratch->length - before);
}

static uint32_t hex4(const char *p)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
		value = value << 4 | digit;
	}
	return value;
}

static void add_utf8(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(out, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(out, (char)(0xC0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_add_char(out, (char)(0xE0 | code >> 12));
		} else {
			buf_add_char(out, (char)(0xF0 | code >> 18));
			buf_add_char(out, (char)(0x80 | (code >> 12 & 0x3F)));
		}
		buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
	}
	buf_add_char(out, (char)(0x80 | (code & 0x3F)));
}

enum { LONE_SURROGATE = 0xDFFF };

/* The character of the \u escape at p, and of the second one where both make a pair; returns what
 * is behind. */
static const char *read_unicode(const char *p, const char *end, uint32_t *ret_code)
{
	uint32_t code = hex4(p + 2);
	p += 6;
	*ret_code = code;
	if (code < 0xD800 || code > 0xDFFF)
		return p;
	*ret_code = LONE_SURROGATE;
	if (code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		uint32_t low = hex4(p + 2);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			*ret_code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
			return p + 6;
		}
	}
	return p;
}

bool json_has_lone_surrogate(const struct json_doc *doc, json_index at)
{
	const struct json_node *node = node_at(doc, at);
	if (!node || node->kind != JSON_KIND_STRING || !node->escaped)
		return false;
	const char *p = doc->text + node->start + 1;
	const char *end = p + node->length - 2;
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		uint32_t code = 0;
		p = p[1] == 'u' ? read_unicode(p, end, &code) : p + 2;
		if (code == LONE_SURROGATE)
			return true;
	}
	return false;
}

void json_unescape(struct span inside, struct buf *out)
{
	static const char names[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";
	const char *p = inside.data;
	const char *end = p + inside.length;
	while (p < end) {
		const char *backslash = memchr(p, '\\', (size_t)(end - p));
		const char *stop = backslash ? backslash : end;
		buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (end - p < 2)
			break;
		if (p[1] == 'u') {
			if (end - p < 6)
				break;
			uint32_t code;
			p = read_unicode(p, end, &code);
			add_utf8(out, code == LONE_SURROGATE ? 0xFFFD : code);
			continue;
		}
		const char *name = strchr(names, p[1]);
		buf_add_char(out, name && p[1] ? values[name - names] : p[1]);
		p += 2;
	}
}

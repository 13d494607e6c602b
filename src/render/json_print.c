#include "render/json_print.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/text.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The string that begins at `at`, with its quotes. */
static struct span string_at(struct span json, size_t at)
{
	size_t end = at + 1;
	while (end < json.length && json.data[end] != '"')
		end += json.data[end] == '\\' ? 2 : 1;
	end = end < json.length ? end + 1 : json.length;
	return span_make(json.data + at, end - at);
}

/* A code point that text_safe() would not show as it is. */
static bool is_unsafe(struct span character)
{
	struct buf shown = { 0 };
	text_safe(character, &shown);
	bool unsafe = !span_equal(buf_span(&shown), character);
	buf_free(&shown);
	return unsafe;
}

static void add_escaped(uint32_t code, struct buf *out)
{
	if (code < 0x10000)
		buf_addf(out, "\\u%04x", code);
	else
		buf_addf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

static void add_string(struct span string, const struct json_layout *layout, struct buf *out)
{
	if (!layout->terminal) {
		buf_add_span(out, string);
		return;
	}
	for (size_t at = 0; at < string.length;) {
		uint32_t code;
		size_t length = text_next(string, at, &code);
		struct span character = span_make(string.data + at, length);
		if (code >= 0x7f && code != TEXT_INVALID && is_unsafe(character))
			add_escaped(code, out);
		else
			buf_add_span(out, character);
		at += length;
	}
}

static void line_break(const struct json_layout *layout, size_t depth, struct buf *out)
{
	if (layout->indent == 0)
		return;
	buf_add_char(out, '\n');
	for (size_t i = 0; i < depth * (size_t)layout->indent; i++)
		buf_add_char(out, ' ');
}

/* What stands next, behind white space. */
static char peek(struct span json, size_t at)
{
	while (at < json.length && is_space(json.data[at]))
		at++;
	return at < json.length ? json.data[at] : '\0';
}

static size_t skip_empty(struct span json, size_t at)
{
	while (is_space(json.data[at]))
		at++;
	return at + 1;
}

void json_print(struct span json, const struct json_layout *layout, struct buf *out)
{
	size_t depth = 0;
	for (size_t at = 0; at < json.length;) {
		char c = json.data[at];
		if (c == '"') {
			struct span string = string_at(json, at);
			add_string(string, layout, out);
			at += string.length;
			continue;
		}
		at++;
		if (is_space(c))
			continue;
		if ((c == '{' || c == '[') && peek(json, at) == (c == '{' ? '}' : ']')) {
			buf_add_text(out, c == '{' ? "{}" : "[]");
			at = skip_empty(json, at);
		} else if (c == '{' || c == '[') {
			buf_add_char(out, c);
			line_break(layout, ++depth, out);
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
			line_break(layout, depth, out);
			buf_add_char(out, c);
		} else if (c == ',') {
			buf_add_char(out, c);
			line_break(layout, depth, out);
		} else if (c == ':') {
			buf_add_text(out, layout->indent ? ": " : ":");
		} else {
			buf_add_char(out, c);
		}
	}
}

bool json_is_valid(struct span text)
{
	struct json_doc doc = { 0 };
	bool valid = text.data && json_scan(&doc, text.data, text.length) == JSON_OK;
	json_doc_release(&doc);
	return valid;
}

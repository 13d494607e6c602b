#include "base/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void line_break(struct json_writer *w)
{
	if (w->indent == 0)
		return;
	buf_add_char(w->out, '\n');
	for (int i = 0; i < w->depth * w->indent; i++)
		buf_add_char(w->out, ' ');
}

/* What goes before a value or a key. */
static void separate(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->comma)
		buf_add_char(w->out, ',');
	if (w->depth > 0)
		line_break(w);
	w->comma = true;
}

static void open_level(struct json_writer *w, char bracket)
{
	separate(w);
	buf_add_char(w->out, bracket);
	w->depth++;
	w->comma = false;
}

static void close_level(struct json_writer *w, char bracket)
{
	w->depth--;
	if (w->comma)
		line_break(w);
	buf_add_char(w->out, bracket);
	w->comma = true;
}

void json_object_start(struct json_writer *w)
{
	open_level(w, '{');
}

void json_object_end(struct json_writer *w)
{
	close_level(w, '}');
}

void json_array_start(struct json_writer *w)
{
	open_level(w, '[');
}

void json_array_end(struct json_writer *w)
{
	close_level(w, ']');
}

void json_key(struct json_writer *w, const char *name)
{
	json_key_span(w, span_of(name));
}

void json_key_span(struct json_writer *w, struct span name)
{
	separate(w);
	json_quote(name, w->out);
	buf_add_text(w->out, w->indent ? ": " : ":");
	w->after_key = true;
}

void json_span_value(struct json_writer *w, struct span text)
{
	if (!text.data) {
		json_null_value(w);
		return;
	}
	separate(w);
	json_quote(text, w->out);
}

void json_text_value(struct json_writer *w, const char *text)
{
	json_span_value(w, span_of(text));
}

void json_int_value(struct json_writer *w, int64_t number)
{
	separate(w);
	buf_addf(w->out, "%" PRId64, number);
}

void json_bool_value(struct json_writer *w, bool value)
{
	separate(w);
	buf_add_text(w->out, value ? "true" : "false");
}

void json_null_value(struct json_writer *w)
{
	separate(w);
	buf_add_text(w->out, "null");
}

void json_raw_value(struct json_writer *w, struct span json)
{
	if (!json.data) {
		json_null_value(w);
		return;
	}
	separate(w);
	buf_add_span(w->out, json);
}

void json_member_text(struct json_writer *w, const char *name, const char *text)
{
	json_key(w, name);
	json_text_value(w, text);
}

void json_member_span(struct json_writer *w, const char *name, struct span text)
{
	json_key(w, name);
	json_span_value(w, text);
}

void json_member_int(struct json_writer *w, const char *name, int64_t number)
{
	json_key(w, name);
	json_int_value(w, number);
}

void json_member_bool(struct json_writer *w, const char *name, bool value)
{
	json_key(w, name);
	json_bool_value(w, value);
}

/* The length of the valid UTF-8 sequence at text, 0 where it is none (RFC 3629). */
static size_t sequence(const unsigned char *text, size_t length)
{
	unsigned char c = text[0];
	size_t need = c < 0x80                 ? 1
		      : c >= 0xc2 && c <= 0xdf ? 2
		      : c >= 0xe0 && c <= 0xef ? 3
		      : c >= 0xf0 && c <= 0xf4 ? 4
					       : 0;
	if (need == 0 || need > length)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
		(c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f))
		return 0;
	return need;
}

static void escape(unsigned char c, struct buf *out)
{
	static const char named[][2] = { { '\b', 'b' }, { '\t', 't' }, { '\n', 'n' }, { '\f', 'f' },
		{ '\r', 'r' }, { '"', '"' }, { '\\', '\\' } };
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i][0] == (char)c) {
			buf_add_char(out, '\\');
			buf_add_char(out, named[i][1]);
			return;
		}
	buf_addf(out, "\\u%04x", c);
}

void json_quote(struct span text, struct buf *out)
{
	const unsigned char *data = (const unsigned char *)text.data;
	size_t plain = 0; /* start of what needs no change */
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.length;) {
		size_t length = sequence(data + i, text.length - i);
		if (length > 1 ||
			(length == 1 && data[i] >= 0x20 && data[i] != '"' && data[i] != '\\')) {
			i += length;
			continue;
		}
		buf_add(out, text.data + plain, i - plain);
		if (length == 0)
			buf_add_text(out, "\xef\xbf\xbd");
		else
			escape(data[i], out);
		plain = ++i;
	}
	buf_add(out, text.data + plain, text.length - plain);
	buf_add_char(out, '"');
}

void json_compact(struct span json, struct buf *out)
{
	bool inside = false;
	size_t start = 0;
	for (size_t i = 0; i < json.length; i++) {
		char c = json.data[i];
		if (inside && c == '\\') {
			i++;
		} else if (c == '"') {
			inside = !inside;
		} else if (!inside && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
			buf_add(out, json.data + start, i - start);
			start = i + 1;
		}
	}
	buf_add(out, json.data + start, json.length - start);
}

#include "action/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/text.h"
#include "net/http_url.h"

/* What is looked for */

static unsigned first_byte(const char *value)
{
	return (unsigned char)value[0];
}

/* Whether b is to be looked for before a: a secret may begin another. */
static bool is_before(const char *a, const char *b)
{
	return first_byte(b) != first_byte(a) ? first_byte(b) < first_byte(a)
					      : strlen(b) > strlen(a);
}

static void add(struct mask *mask, const char *value, size_t least)
{
	struct text_list *list = &mask->values;
	if (strlen(value) < least || text_list_has(list, value))
		return;
	text_list_add(list, value);
	for (size_t i = list->count - 1; i > 0 && is_before(list->items[i - 1], list->items[i]);
		i--) {
		char *kept = list->items[i];
		list->items[i] = list->items[i - 1];
		list->items[i - 1] = kept;
	}
	for (unsigned byte = first_byte(value) + 1; byte <= 256; byte++)
		mask->starts[byte]++;
}

/* What Base64 makes of it behind so many bytes: the digits that are its alone. */
static void add_base64(struct mask *mask, const char *secret, size_t before)
{
	struct buf bytes = { 0 }, text = { 0 };
	buf_add(&bytes, "\0\0", before);
	buf_add_text(&bytes, secret);
	base64_write(buf_span(&bytes), &text);
	size_t first = (before * 8 + 5) / 6, end = bytes.length * 8 / 6;
	buf_text(&text);
	text.data[end] = '\0';
	add(mask, text.data + first, MASK_LEAST_ENCODED);
	for (char *c = text.data; *c; c++) /* and in URLs */
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	add(mask, text.data + first, MASK_LEAST_ENCODED);
	buf_free(&bytes);
	buf_free(&text);
}

/* Inside the quotes of a JSON string; some write '/' as '\/', some no more than ASCII. */
static void write_inner(const char *text, bool slashes, bool ascii, struct buf *out)
{
	struct buf quoted = { 0 };
	json_quote(span_of(text), &quoted);
	struct span inner = span_make(quoted.data + 1, quoted.length - 2);
	for (size_t i = 0; i < inner.length;) {
		uint32_t code;
		size_t length = text_next(inner, i, &code);
		if (slashes && code == '/')
			buf_add_char(out, '\\');
		if (!ascii || code < 0x80)
			buf_add(out, inner.data + i, length);
		else if (code < 0x10000)
			buf_addf(out, "\\u%04x", code);
		else
			buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
				0xdc00 + (code & 0x3ff));
		i += length;
	}
	buf_free(&quoted);
}

/* deeper: and in the strings of JSON that is in one. */
static void add_quoted(struct mask *mask, const char *text, bool deeper)
{
	for (int i = 0; i < 4; i++) {
		struct buf inner = { 0 };
		write_inner(text, i & 1, i & 2, &inner);
		add(mask, buf_text(&inner), MASK_LEAST);
		if (deeper)
			add_quoted(mask, buf_text(&inner), false);
		buf_free(&inner);
	}
}

/* What stands between line breaks, control characters and bytes that are not UTF-8: others print
 * these in ways of their own. */
static void add_runs(struct mask *mask, const char *secret)
{
	const struct span text = span_of(secret);
	size_t start = 0;
	for (size_t i = 0; i <= text.length;) {
		uint32_t code = 0;
		size_t length = i < text.length ? text_next(text, i, &code) : 1;
		bool plain = code >= 0x20 && code != 0x7f && code != TEXT_INVALID;
		if (!plain && i > start && i - start < text.length) {
			char *run = span_dup(span_make(secret + start, i - start));
			add(mask, run, MASK_LEAST_ENCODED);
			free(run);
		}
		i += length;
		start = plain ? start : i;
	}
}

void mask_add(struct mask *mask, const char *secret)
{
	struct buf encoded = { 0 };
	if (!secret || strlen(secret) < MASK_LEAST)
		return;
	add(mask, secret, MASK_LEAST);
	add_runs(mask, secret);
	add_quoted(mask, secret, true);
	http_percent_encode(span_of(secret), &encoded);
	add(mask, buf_text(&encoded), MASK_LEAST);
	buf_free(&encoded);
	for (size_t before = 0; before < 3; before++)
		add_base64(mask, secret, before);
}

void mask_release(struct mask *mask)
{
	text_list_clear(&mask->values);
	*mask = (struct mask){ 0 };
}

/* Looking for it */

static size_t secret_at(const struct mask *mask, struct span text)
{
	unsigned byte = (unsigned char)text.data[0];
	for (uint32_t i = mask->starts[byte]; i < mask->starts[byte + 1]; i++) {
		size_t length = strlen(mask->values.items[i]);
		if (length <= text.length && memcmp(text.data, mask->values.items[i], length) == 0)
			return length;
	}
	return 0;
}

/* The longest beginning of one that the text ends with. */
static size_t begun_at_end(const struct mask *mask, struct span text, size_t least)
{
	size_t longest = 0;
	for (size_t i = 0; i < mask->values.count; i++) {
		const char *value = mask->values.items[i];
		size_t length = strlen(value) - 1;
		if (length > text.length)
			length = text.length;
		for (; length >= least && length > longest; length--) {
			const char *at = text.data + text.length - length;
			if (*at == *value && memcmp(at, value, length) == 0)
				longest = length;
		}
	}
	return longest;
}

size_t mask_begun(const struct mask *mask, struct span text)
{
	size_t kept = text.length - begun_at_end(mask, text, 1);
	for (size_t i = 0; i < kept && mask->values.count > 0;) {
		size_t length = secret_at(mask, span_make(text.data + i, text.length - i));
		if (i + length > kept)
			return text.length - i; /* a whole one stays whole */
		i += length > 0 ? length : 1;
	}
	return text.length - kept;
}

/* The longest end of one that the text begins with. */
static size_t ended_at_start(const struct mask *mask, struct span text)
{
	size_t longest = 0;
	for (size_t i = 0; i < mask->values.count; i++) {
		const char *value = mask->values.items[i];
		size_t whole = strlen(value), length = whole - 1;
		if (length > text.length)
			length = text.length;
		for (; length >= MASK_LEAST && length > longest; length--)
			if (memcmp(text.data, value + whole - length, length) == 0)
				longest = length;
	}
	return longest;
}

/* How long it is: "…", "...", or a line that tells what is missing between two of the first. */
static size_t cut_at(struct span text)
{
	static const char ellipsis[] = "…", left_out[] = " bytes left out …\n";
	const size_t sign = sizeof(ellipsis) - 1, rest = sizeof(left_out) - 1;
	size_t dots = 0; /* of a line of them there may be many */
	while (dots < text.length && text.data[dots] == '.')
		dots++;
	if (dots >= 3)
		return dots;
	/* text_ellipsis() on a terminal without UTF-8 */
	if (text.length > 0 && text.data[0] == '~')
		return 1;
	if (text.length < sign || memcmp(text.data, ellipsis, sign) != 0)
		return 0;
	size_t digits = sign;
	while (digits < text.length && strchr(" 0123456789", text.data[digits]))
		digits++;
	if (digits > sign && text.data[digits - 1] == ' ')
		digits--;
	bool is_line =
		text.length - digits >= rest && memcmp(text.data + digits, left_out, rest) == 0;
	return is_line ? digits + rest : sign;
}

static void add_masked(struct span kept, struct buf *out)
{
	buf_add_span(out, kept);
	buf_add_text(out, "***");
}

void mask_text(const struct mask *mask, struct span text, struct buf *out)
{
	size_t kept = 0;
	for (size_t i = 0; i < text.length && mask->values.count > 0;) {
		struct span rest = span_make(text.data + i, text.length - i);
		size_t length = secret_at(mask, rest);
		if (length > 0) {
			add_masked(span_make(text.data + kept, i - kept), out);
			i = kept = i + length;
			continue;
		}
		size_t cut = cut_at(rest);
		if (cut == 0) {
			i++;
			continue;
		}
		/* A secret may begin amid what looks like a cut. */
		size_t sign = cut;
		for (size_t j = 1; j < sign && cut == sign; j++)
			if (secret_at(mask, span_make(rest.data + j, rest.length - j)) > 0)
				cut = j;
		/* The line about what is missing is one of its own. */
		size_t end = i > kept && text.data[i - 1] == '\n' ? i - 1 : i;
		struct span before = span_make(text.data + kept, end - kept);
		length = begun_at_end(mask, before, MASK_LEAST);
		if (length > 0) {
			before.length -= length;
			add_masked(before, out);
			kept = end;
		}
		i += cut;
		if (cut < sign)
			continue;
		length = ended_at_start(mask, span_make(text.data + i, text.length - i));
		if (length > 0) {
			add_masked(span_make(text.data + kept, i - kept), out);
			i = kept = i + length;
		}
	}
	if (text.length > kept)
		buf_add(out, text.data + kept, text.length - kept);
}

void mask_error(const struct mask *mask, struct error *err)
{
	struct buf text = { 0 };
	mask_text(mask, span_of(err->text), &text);
	snprintf(err->text, sizeof(err->text), "%s", buf_text(&text));
	buf_free(&text);
}

/* What stands between its quotes, and how far that is. */
static size_t string_length(struct span json)
{
	size_t i = 0;
	while (i < json.length && json.data[i] != '"')
		i += json.data[i] == '\\' && i + 1 < json.length ? 2 : 1;
	return i;
}

/* Its characters may be written in many ways. */
static void mask_string(const struct mask *mask, struct span inner, struct buf *out)
{
	struct buf text = { 0 }, masked = { 0 }, quoted = { 0 };
	json_unescape(inner, &text);
	mask_text(mask, buf_span(&text), &masked);
	if (span_equal(buf_span(&text), buf_span(&masked))) {
		buf_add_span(out, inner);
	} else {
		json_quote(buf_span(&masked), &quoted);
		buf_add(out, quoted.data + 1, quoted.length - 2);
	}
	buf_free(&text);
	buf_free(&masked);
	buf_free(&quoted);
}

static size_t number_length(struct span json)
{
	size_t i = 0;
	while (i < json.length && json.data[i] && strchr("+-.0123456789eE", json.data[i]))
		i++;
	return i;
}

static void mask_number(const struct mask *mask, struct span number, struct buf *out)
{
	struct buf masked = { 0 };
	mask_text(mask, number, &masked);
	if (span_equal(buf_span(&masked), number))
		buf_add_span(out, number);
	else
		buf_add_text(out, "\"***\"");
	buf_free(&masked);
}

void mask_json(const struct mask *mask, struct span json, struct buf *out)
{
	for (size_t i = 0; i < json.length;) {
		bool string = json.data[i] == '"';
		size_t start = i + string;
		struct span rest = span_make(json.data + start, json.length - start);
		size_t length = string ? string_length(rest) : number_length(rest);
		struct span value = span_make(rest.data, length);
		if (string) {
			buf_add_char(out, '"');
			mask_string(mask, value, out);
		} else if (length > 0) {
			mask_number(mask, value, out);
		}
		i = start + length;
		if (i < json.length && (string || length == 0))
			buf_add_char(out, json.data[i++]);
	}
}

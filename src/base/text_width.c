/* How wide text is on a terminal, and how it is cut to fit; text without regard to case. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode_tables.h"

static int range_order(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key;
	const struct code_range *range = row;
	return code < range->first ? -1 : code > range->last;
}

static bool in_ranges(uint32_t code, const struct code_range *ranges, size_t count)
{
	return bsearch(&code, ranges, count, sizeof(*ranges), range_order) != NULL;
}

static size_t code_width(uint32_t code)
{
	if (code < 0x300 || code == TEXT_INVALID)
		return 1;
	if (in_ranges(code, zero_width, sizeof(zero_width) / sizeof(zero_width[0])))
		return 0;
	return in_ranges(code, double_width, sizeof(double_width) / sizeof(double_width[0])) ? 2
											     : 1;
}

static bool is_selected_emoji(uint32_t code)
{
	return in_ranges(code, selected_emoji, sizeof(selected_emoji) / sizeof(selected_emoji[0]));
}

/* What a joiner or a skin tone makes one picture with. */
static bool is_emoji(uint32_t code)
{
	bool wide = (code >= 0x231a && code <= 0x2b55) || (code >= 0x1f000 && code <= 0x1faff);
	return (wide && code_width(code) == 2) || (code >= 0xa9 && is_selected_emoji(code));
}

static bool is_regional(uint32_t code)
{
	return code >= 0x1f1e6 && code <= 0x1f1ff;
}

/* The bytes of what a terminal draws as one: a character with its marks, a joined or toned emoji,
 * a flag. Terminals that know of no clusters draw such emoji wider; those that do (tmux, kitty,
 * foot, WezTerm, Windows Terminal), as here. */
static size_t cluster(struct span text, size_t at, size_t *ret_width)
{
	enum {
		JOINER = 0x200d,
		EMOJI_SELECTOR = 0xfe0f,
		TONE_FIRST = 0x1f3fb,
		TONE_LAST = 0x1f3ff
	};
	uint32_t first, code;
	size_t end = at + text_next(text, at, &first), width = code_width(first);
	bool joined = false, half_flag = is_regional(first);
	while (end < text.length && (unsigned char)text.data[end] >= 0x80) {
		size_t length = text_next(text, end, &code);
		if (code == EMOJI_SELECTOR && is_selected_emoji(first))
			width = 2;
		else if (half_flag && is_regional(code))
			half_flag = false, width = 2;
		else if (!(joined && is_emoji(code)) &&
			 !(code >= TONE_FIRST && code <= TONE_LAST && is_emoji(first)) &&
			 code_width(code) > 0)
			break;
		else if (code_width(code) > 0)
			width = 2;
		joined = code == JOINER && is_emoji(first);
		end += length;
	}
	*ret_width = width;
	return end - at;
}

size_t text_width(struct span text)
{
	size_t width = 0;
	for (size_t at = 0; at < text.length;) {
		size_t columns;
		at += cluster(text, at, &columns);
		width += columns;
	}
	return width;
}

/* The bytes of the longest start that is at most width columns wide. */
static size_t head(struct span text, size_t width)
{
	size_t at = 0;
	while (at < text.length) {
		size_t columns, length = cluster(text, at, &columns);
		if (columns > width)
			break;
		width -= columns;
		at += length;
	}
	return at;
}

/* Where the longest end begins that is at most width columns wide. */
static size_t tail(struct span text, size_t width)
{
	size_t drop = text_width(text) - width, at = 0;
	while (at < text.length && drop > 0) {
		size_t columns, length = cluster(text, at, &columns);
		drop -= columns < drop ? columns : drop;
		at += length;
	}
	return at;
}

static void cut(struct span text, size_t width, size_t end_width, struct buf *out)
{
	if (text_width(text) <= width) {
		buf_add_span(out, text);
		return;
	}
	if (width == 0)
		return;
	buf_add(out, text.data, head(text, width - 1 - end_width));
	buf_add_text(out, text_ellipsis());
	size_t end = tail(text, end_width);
	buf_add(out, text.data + end, text.length - end);
}

void text_cut_middle(struct span text, size_t width, struct buf *out)
{
	cut(text, width, width ? (width - 1) / 2 : 0, out);
}

void text_cut_end(struct span text, size_t width, struct buf *out)
{
	cut(text, width, 0, out);
}

void text_pad(struct buf *out, size_t start, size_t width)
{
	size_t has = text_width(span_make(buf_text(out) + start, out->length - start));
	for (; has < width; has++)
		buf_add_char(out, ' ');
}

void text_wrap(struct buf *out, const char *text, size_t column, size_t left, size_t width)
{
	bool first = true;
	if (width < left + 20)
		width = left + 20;
	while (*text) {
		size_t length = strcspn(text, " ");
		size_t columns = text_width(span_make(text, length));
		if (!first && column + 1 + columns > width) {
			buf_addf(out, "\n%*s", (int)left, "");
			column = left;
			first = true;
		}
		if (!first)
			buf_add_char(out, ' ');
		column += columns + !first;
		buf_add(out, text, length);
		first = false;
		text += length;
		text += strspn(text, " ");
	}
}

static int fold_order(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key;
	const struct code_fold *fold = row;
	return code < fold->first ? -1 : code > fold->last;
}

uint32_t text_fold_case(uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	const struct code_fold *fold = bsearch(
		&code, folds, sizeof(folds) / sizeof(folds[0]), sizeof(folds[0]), fold_order);
	if (!fold || (code - fold->first) % fold->step != 0)
		return code;
	return (uint32_t)((int32_t)code + fold->difference);
}

/* The next code point in lower case; bytes that are not UTF-8 stay themselves, apart from all else.
 */
static size_t next_folded(struct span text, size_t at, uint32_t *ret_code)
{
	size_t length = text_next(text, at, ret_code);
	if (*ret_code == TEXT_INVALID)
		*ret_code += (unsigned char)text.data[at];
	else
		*ret_code = text_fold_case(*ret_code);
	return length;
}

int text_compare(struct span a, struct span b)
{
	if (!a.data || !b.data)
		return (a.data != NULL) - (b.data != NULL);
	size_t i = 0, j = 0;
	while (i < a.length && j < b.length) {
		uint32_t x, y;
		i += next_folded(a, i, &x);
		j += next_folded(b, j, &y);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (i < a.length) - (j < b.length);
}

bool text_equal(struct span a, struct span b)
{
	return text_compare(a, b) == 0;
}

bool text_has_wildcard(struct span pattern)
{
	for (size_t i = 0; i < pattern.length; i++)
		if (pattern.data[i] == '*' || pattern.data[i] == '?')
			return true;
	return false;
}

/* On a mismatch only the last '*' is tried again, one character on: linear in practice, never worse
 * than the product of the lengths. */
bool text_glob(struct span pattern, struct span text)
{
	if (!pattern.data || !text.data)
		return false;
	size_t p = 0, t = 0, star_p = 0, star_t = 0;
	bool starred = false;
	while (t < text.length) {
		uint32_t wanted = 0, code;
		size_t step = p < pattern.length ? next_folded(pattern, p, &wanted) : 0;
		size_t length = next_folded(text, t, &code);
		if (step && wanted == '*') {
			starred = true;
			star_p = p += step;
			star_t = t;
		} else if (step && (wanted == '?' || wanted == code)) {
			p += step;
			t += length;
		} else if (starred) {
			p = star_p;
			t = star_t += next_folded(text, star_t, &code);
		} else {
			return false;
		}
	}
	while (p < pattern.length && pattern.data[p] == '*')
		p++;
	return p == pattern.length;
}

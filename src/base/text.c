#include "base/text.h"

#include <string.h>
#include <strings.h>

size_t text_next(struct span text, size_t at, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text.data + at;
	size_t left = text.length - at;
	if (s[0] < 0x80) {
		*ret_code = s[0];
		return 1;
	}
	size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	*ret_code = TEXT_INVALID;
	if (s[0] < 0xc2 || s[0] > 0xf4 || need > left)
		return 1;
	uint32_t code = s[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (s[i] & 0x3fu);
	}
	bool overlong = (need == 3 && code < 0x800) || (need == 4 && code < 0x10000);
	if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 1;
	*ret_code = code;
	return need;
}

bool text_is_utf8(struct span text)
{
	for (size_t at = 0; at < text.length;) {
		uint32_t code;
		at += text_next(text, at, &code);
		if (code == TEXT_INVALID)
			return false;
	}
	return true;
}

void text_add_code(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(out, (char)code);
		return;
	}
	char bytes[4];
	size_t need = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = need; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)((0xf00u >> need & 0xf0u) | code);
	buf_add(out, bytes, need);
}

/* What a reader does not see, or what moves or reorders what it stands beside. */
static bool is_deceptive(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },       /* C0 */
		{ 0x7f, 0x9f },       /* DEL, C1 */
		{ 0xad, 0xad },       /* soft hyphen */
		{ 0x34f, 0x34f },     /* combining grapheme joiner */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
		{ 0x180b, 0x180f },   /* Mongolian selectors and vowel separator */
		{ 0x200b, 0x200f },   /* zero-width space and joiners, direction marks */
		{ 0x2028, 0x202e },   /* line and paragraph separators, embeddings and overrides */
		{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xfeff, 0xfeff },   /* zero-width no-break space */
		{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
		{ 0xfff9, 0xfffb },   /* interlinear annotation */
		{ 0xe0000, 0xe0fff }, /* tags, further selectors */
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && code >= ranges[i].first; i++)
		if (code <= ranges[i].last)
			return true;
	return false;
}

/* Joiners belong between letters of the scripts that need them, and in emoji: neither Latin, Greek
 * nor Cyrillic does. */
static bool joins(uint32_t code, uint32_t before, struct span text, size_t behind)
{
	uint32_t after;
	if ((code != 0x200c && code != 0x200d) || before < 0x600 || behind >= text.length)
		return false;
	text_next(text, behind, &after);
	return after >= 0x600 && after != TEXT_INVALID && !is_deceptive(after);
}

/* The process's terminal has no UTF-8, as its locale has none: see text_set_ascii(). */
static bool ascii_only;

void text_set_ascii(bool ascii)
{
	ascii_only = ascii;
}

const char *text_sign(const char *utf8, const char *ascii)
{
	return ascii_only ? ascii : utf8;
}

const char *text_ellipsis(void)
{
	return text_sign("\xe2\x80\xa6", "~");
}

static void escape(uint32_t code, unsigned char byte, struct buf *out)
{
	if (code == 0x2026) {
		buf_add_text(out, "..."); /* our own texts have it */
	} else if (code == '\n' || code == '\t' || code == '\r') {
		buf_add_char(out, '\\');
		buf_add_char(out, code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
	} else if (code < 0x80 || code == TEXT_INVALID) {
		buf_addf(out, "\\x%02x", byte);
	} else {
		buf_addf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
	}
}

static void make_safe(struct span text, const char *kept, struct buf *out)
{
	uint32_t before = 0, last = ascii_only ? 0x7f : 0x10ffff;
	size_t plain = 0; /* start of what needs no change */
	for (size_t at = 0; at < text.length;) {
		uint32_t code;
		size_t length = text_next(text, at, &code);
		bool keep = code <= last &&
			    (!is_deceptive(code) || joins(code, before, text, at + length) ||
				    (code > 0 && code < 0x20 && strchr(kept, (char)code)));
		if (!keep) {
			buf_add(out, text.data + plain, at - plain);
			escape(code, (unsigned char)text.data[at], out);
			plain = at + length;
		}
		before = keep ? code : 0;
		at += length;
	}
	if (text.length > plain)
		buf_add(out, text.data + plain, text.length - plain);
}

void text_safe(struct span text, struct buf *out)
{
	make_safe(text, "", out);
}

void text_safe_lines(struct span text, struct buf *out)
{
	make_safe(text, "\n\t", out);
}

/* Without regard to case in ASCII. */
static bool is_same(char a, char b)
{
	char lower = (char)(a | 0x20);
	return a == b || (lower >= 'a' && lower <= 'z' && lower == (char)(b | 0x20));
}

/* Optimal string alignment: insert, delete, replace, swap neighbours. */
static size_t distance(const char *a, const char *b)
{
	enum { MOST = 64 };
	size_t rows[3][MOST + 1];
	size_t a_length = strlen(a), b_length = strlen(b);
	if (a_length > MOST || b_length > MOST)
		return MOST;
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = last[j - 1] + !is_same(a[i - 1], b[j - 1]);
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
				is_same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		size_t *free_row = before;
		before = last;
		last = row;
		row = free_row;
	}
	return last[b_length];
}

const char *text_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	size_t least = length < 3 ? 1 : length / 3 + 1; /* farther away it is another word */
	for (; *words; words++) {
		if (strcmp(*words, word) == 0)
			continue; /* it is known: what is missing is something else */
		bool starts = length >= 2 && strncasecmp(*words, word, length) == 0;
		size_t d = starts ? 1 : distance(word, *words);
		if (d < least || (d == least && !nearest)) {
			nearest = *words;
			least = d;
		}
	}
	return nearest;
}

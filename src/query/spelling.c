#include "query/spelling.h"

#include <string.h>

enum { VARIANTS_MOST = 3 };

/* What is equal to a character of ASCII without regard to case, in the order of bytes. Unicode
 * knows two letters more that are written in lower case as ASCII: the Kelvin sign and the long s.
 */
struct variants {
	char texts[VARIANTS_MOST][4];
	int count;
};

static struct variants variants_of(char c)
{
	struct variants v = { { { c } }, 1 };
	char lower = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	if (lower < 'a' || lower > 'z')
		return v;
	v.texts[0][0] = (char)(lower - 32);
	v.texts[1][0] = lower;
	v.count = 2;
	if (lower == 'k')
		memcpy(v.texts[v.count++], "\xe2\x84\xaa", 4);
	if (lower == 's')
		memcpy(v.texts[v.count++], "\xc5\xbf", 3);
	return v;
}

static bool begins_with(struct span text, const char *variant)
{
	size_t length = strlen(variant);
	return text.length >= length && memcmp(text.data, variant, length) == 0;
}

/* Makes the text of what is chosen. */
static void write(struct spelling *s)
{
	buf_clear(&s->at);
	for (size_t i = 0; i < s->text.length; i++) {
		struct variants v = variants_of(s->text.data[i]);
		buf_add_text(&s->at, v.texts[(unsigned char)s->chosen.data[i]]);
	}
}

/* Chooses this one, and the first of all behind it. */
static void choose(struct spelling *s, size_t position, int variant)
{
	s->chosen.data[position] = (char)variant;
	memset(s->chosen.data + position + 1, 0, s->text.length - position - 1);
	write(s);
}

/* The next choice among the first `count` positions. */
static bool advance(struct spelling *s, size_t count)
{
	while (count-- > 0) {
		int next = s->chosen.data[count] + 1;
		if (next < variants_of(s->text.data[count]).count) {
			choose(s, count, next);
			return true;
		}
	}
	return false;
}

void spelling_begin(struct spelling *s, struct span text)
{
	s->text = text;
	buf_clear(&s->chosen);
	for (size_t i = 0; i < text.length; i++)
		buf_add_char(&s->chosen, 0);
	write(s);
}

void spelling_release(struct spelling *s)
{
	buf_free(&s->chosen);
	buf_free(&s->at);
	*s = (struct spelling){ 0 };
}

bool spelling_next(struct spelling *s)
{
	return advance(s, s->text.length);
}

/* Where name is at this position no variant: the first behind it. */
static enum spelling_met pass(struct spelling *s, size_t position, struct span rest)
{
	struct variants v = variants_of(s->text.data[position]);
	for (int i = 0; i < v.count; i++) {
		size_t length = strlen(v.texts[i]);
		if (length > rest.length)
			length = rest.length;
		if (memcmp(v.texts[i], rest.data, length) < 0)
			continue;
		choose(s, position, i);
		return SPELLING_BEHIND;
	}
	return advance(s, position) ? SPELLING_BEHIND : SPELLING_ENDED;
}

enum spelling_met spelling_meet(struct spelling *s, struct span name)
{
	for (size_t i = 0; i < s->text.length; i++) {
		struct variants v = variants_of(s->text.data[i]);
		int is = 0;
		while (is < v.count && !begins_with(name, v.texts[is]))
			is++;
		if (is == v.count)
			return pass(s, i, name);
		s->chosen.data[i] = (char)is;
		size_t length = strlen(v.texts[is]);
		name = span_make(name.data + length, name.length - length);
	}
	write(s);
	return SPELLING_BEGINS;
}

/* Walking by spellings through a sorted list of names finds exactly those that are equal to a text,
 * or begin with it, without regard to case, and skips what lies between. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "query/spelling.h"

enum { NAMES = 400, TURNS = 3000, LONGEST = 5 };

static const char *const letters[] = { "a", "A", "k", "K", "\xe2\x84\xaa", "s", "S", "\xc5\xbf",
	"-", "\xc3\xa9", "z" };
enum { LETTERS = sizeof(letters) / sizeof(letters[0]) };

static unsigned random_below(unsigned most)
{
	static unsigned state = 1;
	state = state * 1103515245U + 12345U;
	return (state >> 16) % most;
}

static void random_text(char *out, bool ascii)
{
	unsigned length = random_below(LONGEST + 1);
	*out = '\0';
	while (length > 0) {
		const char *letter = letters[random_below(LETTERS)];
		if (ascii && (unsigned char)*letter >= 0x80)
			continue;
		strcat(out, letter);
		length--;
	}
}

typedef char name[4 * LONGEST];

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* As an index would. */
static const char *first_from(name *names, struct span from)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i], from.data) >= 0)
			return names[i];
	return NULL;
}

/* How many names begin with a spelling of the text; steps: how often the index was asked. */
static int walk(name *names, const char *text, bool whole, int *ret_steps)
{
	struct spelling spelling = { 0 };
	const char *met;
	int found = 0, steps = 0;
	bool more = true;
	spelling_begin(&spelling, span_of(text));
	while (more && (met = first_from(names, buf_span(&spelling.at)))) {
		enum spelling_met result = spelling_meet(&spelling, span_of(met));
		steps++;
		if (result == SPELLING_BEGINS) {
			const char *at = buf_text(&spelling.at);
			for (size_t i = 0; i < NAMES; i++)
				found += strncmp(names[i], at, spelling.at.length) == 0 &&
					 (!whole || strlen(names[i]) == spelling.at.length);
			more = spelling_next(&spelling);
		} else {
			/* Onward, or the walk would not end. */
			assert_true(result == SPELLING_ENDED ||
				    strcmp(buf_text(&spelling.at), met) > 0);
			more = result == SPELLING_BEHIND;
		}
	}
	spelling_release(&spelling);
	*ret_steps = steps;
	return found;
}

static bool begins(const char *full, const char *text)
{
	struct span pattern = span_of(text), rest = span_of(full);
	size_t at = 0;
	uint32_t a, b;
	for (size_t i = 0; i < pattern.length;) {
		if (at == rest.length)
			return false;
		i += text_next(pattern, i, &a);
		at += text_next(rest, at, &b);
		if (text_fold_case(a) != text_fold_case(b))
			return false;
	}
	return true;
}

static void test_random(void **state)
{
	(void)state;
	static name names[NAMES];
	for (size_t i = 0; i < NAMES; i++)
		random_text(names[i], false);
	qsort(names, NAMES, sizeof(names[0]), compare_names);
	int some = 0;
	for (int turn = 0; turn < TURNS; turn++) {
		name text;
		int steps, equal = 0, beginning = 0;
		random_text(text, true);
		for (size_t i = 0; i < NAMES; i++) {
			equal += text_equal(span_of(names[i]), span_of(text));
			beginning += begins(names[i], text);
		}
		assert_int_equal(walk(names, text, true, &steps), equal);
		assert_int_equal(walk(names, text, false, &steps), beginning);
		some += equal > 0;
	}
	assert_true(some > TURNS / 10);
}

/* One of many ids is found in few steps. */
static void test_steps(void **state)
{
	(void)state;
	static name names[NAMES];
	int steps;
	for (size_t i = 0; i < NAMES; i++)
		for (size_t j = 0; j < 8; j++)
			names[i][j] =
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[random_below(
					52)];
	qsort(names, NAMES, sizeof(names[0]), compare_names);
	assert_int_equal(walk(names, names[NAMES / 2], true, &steps), 1);
	assert_in_range(steps, 1, 20);
	assert_int_equal(walk(names, "notthere", true, &steps), 0);
	assert_in_range(steps, 1, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_random), TEST(test_steps) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What two lists have in common: as letters, ' ' for kept, '-' for removed, '+' for added. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "render/diff_items.h"

static void split(const char *text, struct span *items)
{
	for (size_t i = 0; text[i]; i++)
		items[i] = span_make(text + i, 1);
}

static void diff_letters(const char *before, const char *after, struct buf *out)
{
	struct span *a = xcalloc(strlen(before) + 1, sizeof(*a));
	struct span *b = xcalloc(strlen(after) + 1, sizeof(*b));
	struct item_runs runs = { 0 };
	split(before, a);
	split(after, b);
	diff_items(a, strlen(before), b, strlen(after), &runs);
	for (size_t i = 0; i < runs.count; i++) {
		const struct item_run *run = &runs.items[i];
		buf_add_char(out, " -+"[run->kind]);
		for (size_t j = 0; j < run->count; j++)
			buf_add_span(out, (run->kind == ITEMS_ADDED ? b : a)[run->start + j]);
	}
	item_runs_release(&runs);
	free(a);
	free(b);
}

static void test_runs(void **state)
{
	(void)state;
	static const struct {
		const char *before;
		const char *after;
		const char *runs;
	} rows[] = {
		{ "", "", "" },
		{ "abc", "abc", " abc" },
		{ "", "ab", "+ab" },
		{ "ab", "", "-ab" },
		{ "abc", "axc", " a-b+x c" },
		{ "abcdef", "acef", " a-b c-d ef" },
		{ "abc", "xabcy", "+x abc+y" },
		{ "aab", "ab", " a-a b" },
		{ "ab", "ba", "-a b+a" },
		{ "abcd", "efgh", "-abcd+efgh" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		diff_letters(rows[i].before, rows[i].after, &out);
		assert_string_equal(buf_text(&out), rows[i].runs);
		buf_free(&out);
	}
}

/* Too many to be compared each with each: only the ends are. */
static void test_many(void **state)
{
	(void)state;
	char before[5001], after[5001];
	struct buf out = { 0 };
	for (size_t i = 0; i < 5000; i++) {
		before[i] = i < 10 ? '=' : i % 2 ? 'a' : 'b';
		after[i] = i < 10 ? '=' : i % 2 ? 'x' : 'a';
	}
	before[5000] = after[5000] = '\0';
	diff_letters(before, after, &out);
	assert_int_equal(memcmp(out.data, " ==========-", 12), 0);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_runs), TEST(test_many) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

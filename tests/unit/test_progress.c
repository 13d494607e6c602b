#include "unit.h"

#include "cli/progress.h"

static void test_text(void **state)
{
	(void)state;
	static const struct {
		uint64_t done, total;
		int64_t elapsed_ms;
		const char *text;
	} rows[] = {
		{ 9000, 20000, 3000, "reindexing  45 %  9,000/20,000  3,000/s  4s left" },
		{ 0, 20000, 1000, "reindexing   0 %  0/20,000  0/s" },
		{ 20000, 20000, 4000, "reindexing  100 %  20,000/20,000  5,000/s" },
		{ 1234567, 0, 1000, "reindexing  1,234,567  1,234,567/s" },
		{ 1, 3600, 1000, "reindexing   0 %  1/3,600  1/s  59m 59s left" },
		{ 5, 10, 0, "reindexing  50 %  5/10  5,000/s  0s left" },
	};
	struct buf out = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		progress_text("reindexing", rows[i].done, rows[i].total, rows[i].elapsed_ms, &out);
		assert_string_equal(buf_text(&out), rows[i].text);
	}
	buf_free(&out);
}

/* Without a terminal nothing is written, however long it takes. */
static void test_no_terminal(void **state)
{
	(void)state;
	struct progress progress = { .label = "x", .terminal = -1, .started = true };
	assert_true(progress_tick(&progress, 1, 2));
	assert_false(progress.shown);
	progress_end(&progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_text), TEST(test_no_terminal) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "base/text.h"
#include "render/plot.h"

static void test_bar(void **state)
{
	(void)state;
	static const struct {
		double part;
		size_t width;
		bool ascii;
		const char *expected;
	} rows[] = {
		{ 0, 4, false, "" },
		{ 1, 4, false, "████" },
		{ 0.5, 4, false, "██" },
		{ 0.5, 1, false, "▌" },
		{ 0.53125, 4, false, "██▏" },
		{ 0.0001, 4, false, "▏" }, /* what is not nothing is seen */
		{ 2, 2, false, "██" },
		{ -1, 2, false, "" },
		{ 1, 0, false, "" },
		{ 0.0001, 0, false, "" },
		{ 0.5, 4, true, "##" },
		{ 0.0001, 4, true, "#" },
		{ 0.99, 4, true, "####" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		plot_bar(rows[i].part, rows[i].width, rows[i].ascii, &out);
		assert_string_equal(buf_text(&out), rows[i].expected);
		buf_free(&out);
	}
}

/* Never wider than it may be, and never shorter for more. */
static void test_bar_grows(void **state)
{
	(void)state;
	for (int ascii = 0; ascii < 2; ascii++)
		for (size_t width = 0; width < 20; width++) {
			size_t before = 0;
			for (int i = 0; i <= 1000; i++) {
				struct buf out = { 0 };
				plot_bar(i / 1000.0, width, ascii, &out);
				size_t columns = text_width(buf_span(&out));
				assert_true(columns <= width && columns >= before);
				before = columns;
				buf_free(&out);
			}
			assert_int_equal(before, width);
		}
}

static void test_sparkline(void **state)
{
	(void)state;
	static const int64_t values[] = { 0, 1, 10, 20, 30, 40, 50, 60, 70, 80, -5 };
	static const int64_t nothing[] = { 0, 0 };
	static const int64_t huge[] = { INT64_MAX, 1, INT64_MAX / 2 };
	struct buf out = { 0 };
	plot_sparkline(values, 11, false, &out);
	assert_string_equal(buf_text(&out), " ▁▁▂▃▄▅▆▇█ ");
	buf_clear(&out);
	plot_sparkline(values, 11, true, &out);
	assert_string_equal(buf_text(&out), " __.:-=+*# ");
	buf_clear(&out);
	plot_sparkline(nothing, 2, false, &out);
	assert_string_equal(buf_text(&out), "  ");
	buf_clear(&out);
	plot_sparkline(huge, 3, false, &out);
	assert_string_equal(buf_text(&out), "█▁▄");
	buf_clear(&out);
	plot_sparkline(NULL, 0, false, &out);
	assert_string_equal(buf_text(&out), "");
	buf_free(&out);
}

static void test_shades(void **state)
{
	(void)state;
	static const int64_t values[] = { 0, 1, 25, 26, 50, 75, 76, 100 };
	struct plot_shades shades = { .most = 100, .cell_width = 1 };
	struct buf out = { 0 };
	plot_shade_row(&shades, values, 8, &out);
	assert_string_equal(buf_text(&out), "·░░▒▒▓██");
	buf_clear(&out);
	plot_shade_legend(&shades, &out);
	assert_string_equal(buf_text(&out), "░ 1-25  ▒ 26-50  ▓ 51-75  █ 76-100");
	buf_clear(&out);
	shades.ascii = true;
	shades.cell_width = 3;
	plot_shade_row(&shades, values, 4, &out);
	assert_string_equal(buf_text(&out), ".. -- -- ++");
	buf_clear(&out);
	shades.most = 2; /* two shades are enough then */
	plot_shade_legend(&shades, &out);
	assert_string_equal(buf_text(&out), "+ 1  # 2");
	buf_clear(&out);
	shades.most = 0;
	plot_shade_row(&shades, values, 2, &out);
	plot_shade_legend(&shades, &out);
	assert_string_equal(buf_text(&out), ".. ..");
	buf_clear(&out);
	shades.most = 100;
	shades.color = true;
	plot_shade_row(&shades, values + 7, 1, &out);
	assert_string_equal(buf_text(&out), "\033[1;33m##\033[m");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_bar_grows),
		cmocka_unit_test(test_sparkline),
		cmocka_unit_test(test_shades),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

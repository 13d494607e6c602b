#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"

static void test_formats(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1795515330123, "2026-11-24T10:15:30.123Z" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[RFC3339_SIZE];
		int64_t ms = 0;
		clock_format_utc(rows[i].ms, text);
		assert_string_equal(text, rows[i].text);
		assert_true(clock_parse_rfc3339(span_of(text), &ms));
		assert_int_equal(ms, rows[i].ms);
	}
}

static void test_parses(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		int64_t ms;
	} rows[] = {
		{ "2022-12-01T16:50:00+02:00", true, 1669906200000 },
		{ "2022-12-01 14:50:00", true, 1669906200000 },
		{ "2022-12-01T14:50:00.5Z", true, 1669906200500 },
		{ "2022-12-01T14:50:00.123456789Z", true, 1669906200123 },
		{ "2022-12-01T14:50:00-0530", true, 1669926000000 },
		{ "2023-02-30T00:00:00Z", false, 0 },
		{ "2022-12-01", false, 0 },
		{ "2022-12-01T14:50:00Zx", false, 0 },
		{ "", false, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 0;
		assert_int_equal(clock_parse_rfc3339(span_of(rows[i].text), &ms), rows[i].ok);
		assert_int_equal(ms, rows[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_formats), TEST(test_parses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/time.h"

static int64_t utc(const char *text)
{
	int64_t ms = 0;
	assert_true(clock_parse_rfc3339(span_of(text), &ms));
	return ms;
}

static void zone(const char *name)
{
	struct error err = { 0 };
	if (!time_zone_set(name, &err))
		fail_msg("%s", err.text);
}

/* A POSIX zone with summer time, so that no zone database is needed. */
static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";

static void test_parse(void **state)
{
	(void)state;
	/* A Tuesday, 11:15:30 in Berlin. */
	const int64_t now = utc("2026-11-24T10:15:30.500Z");
	static const struct {
		const char *text, *expected; /* NULL: is no time */
	} rows[] = {
		{ "2026-11-23T14:30:00Z", "2026-11-23T14:30:00Z" },
		{ "2026-11-23T14:30:00.25+02:00", "2026-11-23T12:30:00.250Z" },
		{ "2026-11-23", "2026-11-22T23:00:00Z" },
		{ "2026-07-01", "2026-06-30T22:00:00Z" },
		{ "2026-11-23 14:30", "2026-11-23T13:30:00Z" },
		{ "2026-11-23 14:30:05", "2026-11-23T13:30:05Z" },
		{ "2026-11-23T14:30:05.5", "2026-11-23T13:30:05.500Z" },
		{ "10:00", "2026-11-24T09:00:00Z" },
		{ "11:15", "2026-11-24T10:15:00Z" },
		{ "11:16", "2026-11-23T10:16:00Z" },
		{ "9:05:01", "2026-11-24T08:05:01Z" },
		{ "now", "2026-11-24T10:15:30.500Z" },
		{ "today", "2026-11-23T23:00:00Z" },
		{ "today 08:00", "2026-11-24T07:00:00Z" },
		{ "Yesterday", "2026-11-22T23:00:00Z" },
		{ "yesterday 14:30", "2026-11-23T13:30:00Z" },
		{ "monday", "2026-11-22T23:00:00Z" },
		{ "tuesday", "2026-11-23T23:00:00Z" },
		{ "wednesday", "2026-11-17T23:00:00Z" },
		{ "fri 12:00", "2026-11-20T11:00:00Z" },
		{ "2h", "2026-11-24T08:15:30.500Z" },
		{ "-2h", "2026-11-24T08:15:30.500Z" },
		{ "2h ago", "2026-11-24T08:15:30.500Z" },
		{ "2 hours ago", "2026-11-24T08:15:30.500Z" },
		{ " 90 s ", "2026-11-24T10:14:00.500Z" },
		{ "1h30m", "2026-11-24T08:45:30.500Z" },
		{ "3d", "2026-11-21T10:15:30.500Z" },
		{ "1 week ago", "2026-11-17T10:15:30.500Z" },
		{ "@1795515330", "2026-11-24T10:15:30Z" },
		{ "@1795515330123", "2026-11-24T10:15:30.123Z" },
		{ "@0", "1970-01-01T00:00:00Z" },
		{ "", NULL },
		{ "2026-02-29", NULL },
		{ "2026-13-01", NULL },
		{ "2026-11-23 24:00", NULL },
		{ "2026-11-23x", NULL },
		{ "25:00", NULL },
		{ "2", NULL },
		{ "2 fortnights", NULL },
		{ "2h before", NULL },
		{ "@", NULL },
		{ "@12x", NULL },
		{ "tomorrow", NULL },
		{ "99999999999999999999h", NULL },
	};
	zone(berlin);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 0;
		struct error err = { 0 };
		bool ok = time_parse(span_of(rows[i].text), now, &ms, &err);
		if (ok != (rows[i].expected != NULL))
			fail_msg("'%s': %s", rows[i].text, ok ? "was taken for a time" : err.text);
		if (ok && ms != utc(rows[i].expected)) {
			char text[RFC3339_SIZE];
			clock_format_utc(ms, text);
			fail_msg("'%s' gave %s, not %s", rows[i].text, text, rows[i].expected);
		}
	}
}

/* The day that summer time ended has 25 hours. */
static void test_long_day(void **state)
{
	(void)state;
	zone(berlin);
	int64_t ms = 0;
	struct error err = { 0 };
	assert_true(time_parse(span_of("yesterday 23:30"), utc("2026-10-25T22:45:00Z"), &ms, &err));
	assert_int_equal(ms, utc("2026-10-24T21:30:00Z"));
	assert_true(time_parse(span_of("23:50"), utc("2026-10-25T22:45:00Z"), &ms, &err));
	assert_int_equal(ms, utc("2026-10-24T21:50:00Z"));
}

static void test_duration(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms; /* -1: is none */
	} rows[] = {
		{ "250ms", 250 },
		{ "90s", 90000 },
		{ "5m", 300000 },
		{ "1h", 3600000 },
		{ "1h30m", 5400000 },
		{ "2 hours", 7200000 },
		{ "2d", 172800000 },
		{ "0s", 0 },
		{ "5", -1 },
		{ "", -1 },
		{ "-5m", -1 },
		{ "5m ago", -1 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = -1;
		struct error err = { 0 };
		assert_int_equal(
			time_parse_duration(span_of(rows[i].text), &ms, &err), rows[i].ms >= 0);
		assert_int_equal(ms, rows[i].ms);
	}
}

static void test_zone(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *name, *time;
	} rows[] = {
		{ "UTC", "UTC", "2026-07-01 12:00:00" },
		{ "+02:00", "+02:00", "2026-07-01 14:00:00" },
		{ "-0530", "-05:30", "2026-07-01 06:30:00" },
		{ "+3", "+03:00", "2026-07-01 15:00:00" },
		{ berlin, "CEST (+02:00)", "2026-07-01 14:00:00" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TIME_TEXT_SIZE];
		int64_t ms = utc("2026-07-01T12:00:00Z");
		zone(rows[i].zone);
		time_zone_text(ms, text);
		assert_string_equal(text, rows[i].name);
		time_format(ms, text);
		assert_string_equal(text, rows[i].time);
	}
	static const char *const wrong[] = { "Europe/Atlantis", "", "x", "+25:00", "../etc/passwd",
		"+1x" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };
		assert_false(time_zone_set(wrong[i], &err));
		assert_int_equal(err.kind, ERROR_USAGE);
	}
}

static void test_format_duration(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0ms" },
		{ 350, "350ms" },
		{ 12345, "12.3s" },
		{ 245000, "4m 05s" },
		{ 7800000, "2h 10m" },
		{ 273600000, "3d 04h" },
		{ -1500, "-1.5s" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TIME_TEXT_SIZE];
		time_format_duration(rows[i].ms, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_now(void **state)
{
	(void)state;
	int64_t ms = 0;
	struct error err = { 0 };
	setenv("PORTLOG_NOW", "2026-11-24T10:15:30Z", 1);
	assert_true(time_now(&ms, &err));
	assert_int_equal(ms, utc("2026-11-24T10:15:30Z"));
	setenv("PORTLOG_NOW", "soon", 1);
	assert_false(time_now(&ms, &err));
	assert_non_null(strstr(err.text, "PORTLOG_NOW"));
	unsetenv("PORTLOG_NOW");
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_parse), TEST(test_long_day),
		TEST(test_duration), TEST(test_zone), TEST(test_format_duration), TEST(test_now) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

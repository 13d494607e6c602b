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

/* Across the hours that come twice, and never. */
static void test_clock_after(void **state)
{
	(void)state;
	static const struct {
		const char *clock, *after, *expected;
	} rows[] = {
		{ "2026-11-23T12:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z" },
		{ "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "2026-11-25T09:00:00Z" },
		{ "2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z" },
		{ "2026-11-24T10:00:00.5Z", "2026-11-24T10:00:00Z", "2026-11-24T10:00:00.5Z" },
		/* 13:00 in winter and in summer */
		{ "2026-11-24T12:00:00Z", "2026-07-01T00:00:00Z", "2026-07-01T11:00:00Z" },
		/* 02:30 comes twice */
		{ "2026-11-24T01:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z" },
		{ "2026-11-24T01:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z" },
		/* 02:30 is skipped */
		{ "2026-11-24T01:30:00Z", "2026-03-29T00:00:00Z", "2026-03-30T00:30:00Z" },
	};
	zone(berlin);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(time_clock_after(utc(rows[i].clock), utc(rows[i].after)),
			utc(rows[i].expected));
	assert_true(time_is_clock(span_of(" 9:05")));
	assert_true(time_is_clock(span_of("14:30:05.25 ")));
	assert_false(time_is_clock(span_of("today 14:30")));
	assert_false(time_is_clock(span_of("2h")));
}

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
		{ "999999999w999999999w999999999w", NULL },
		{ "2026-11-23t14:30:00z", "2026-11-23T14:30:00Z" },
		{ "2026-11-23T14:30:00-0530", "2026-11-23T20:00:00Z" },
		{ "2026-11-23T23:59:60Z", "2026-11-24T00:00:00Z" },
		{ "2024-02-29", "2024-02-28T23:00:00Z" },
		{ "1h 30m ago", "2026-11-24T08:45:30.500Z" },
		{ "2 HOURS AGO", "2026-11-24T08:15:30.500Z" },
		{ "10:15:30.5", "2026-11-24T09:15:30.500Z" },
		{ "11:15:30.6", "2026-11-23T10:15:30.600Z" },
		{ "tue", "2026-11-23T23:00:00Z" },
		{ "sunday 23:59", "2026-11-22T22:59:00Z" },
		{ "monday 25:00", NULL },
		{ "@99999999999", "5138-11-16T09:46:39Z" },
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

/* Days of 25 and 23 hours: what the clocks show twice, and what they skip. */
static void test_clocks_put_on(void **state)
{
	(void)state;
	static const char sao_paulo[] = "<-03>3<-02>,M10.3.0/0,M2.3.0/0"; /* at midnight */
	static const char dublin[] = "IST-1GMT0,M10.5.0,M3.5.0/1"; /* winter is the exception */
	static const struct {
		const char *zone, *now, *text, *expected;
	} rows[] = {
		{ berlin, "2026-10-25T22:45:00Z", "yesterday 23:30", "2026-10-24T21:30:00Z" },
		{ berlin, "2026-10-25T22:45:00Z", "23:50", "2026-10-24T21:50:00Z" },
		{ berlin, "2026-10-25T22:45:00Z", "today", "2026-10-24T22:00:00Z" },
		{ berlin, "2026-10-26T12:00:00Z", "yesterday", "2026-10-24T22:00:00Z" },
		{ berlin, "2026-10-26T12:00:00Z", "24h", "2026-10-25T12:00:00Z" },
		/* Twice: the first; of those that have been, the last. */
		{ berlin, "2026-10-26T12:00:00Z", "2026-10-25 02:30", "2026-10-25T00:30:00Z" },
		{ berlin, "2026-10-26T12:00:00Z", "yesterday 02:30", "2026-10-25T00:30:00Z" },
		{ berlin, "2026-10-25T22:45:00Z", "02:30", "2026-10-25T01:30:00Z" },
		{ berlin, "2026-10-25T01:15:00Z", "02:30", "2026-10-25T00:30:00Z" },
		{ berlin, "2026-10-25T00:15:00Z", "02:30", "2026-10-24T00:30:00Z" },
		/* Skipped: as much later; it has not been on that day. */
		{ berlin, "2026-03-29T12:00:00Z", "2026-03-29 02:30", "2026-03-29T01:30:00Z" },
		{ berlin, "2026-03-29T12:00:00Z", "today 02:30", "2026-03-29T01:30:00Z" },
		{ berlin, "2026-03-29T12:00:00Z", "02:30", "2026-03-28T01:30:00Z" },
		{ berlin, "2026-03-30T00:15:00Z", "02:30", "2026-03-28T01:30:00Z" },
		{ berlin, "2026-03-29T12:00:00Z", "01:59:59", "2026-03-29T00:59:59Z" },
		{ berlin, "2026-03-29T12:00:00Z", "03:00", "2026-03-29T01:00:00Z" },
		{ berlin, "2026-03-30T12:00:00Z", "yesterday", "2026-03-28T23:00:00Z" },
		{ berlin, "2026-03-30T12:00:00Z", "saturday 12:00", "2026-03-28T11:00:00Z" },
		{ sao_paulo, "2026-10-18T15:00:00Z", "today", "2026-10-18T03:00:00Z" },
		{ sao_paulo, "2026-10-18T15:00:00Z", "2026-10-18", "2026-10-18T03:00:00Z" },
		{ sao_paulo, "2026-10-18T15:00:00Z", "2026-10-18 01:00", "2026-10-18T03:00:00Z" },
		{ sao_paulo, "2026-02-15T15:00:00Z", "yesterday 23:30", "2026-02-15T01:30:00Z" },
		{ dublin, "2026-10-26T12:00:00Z", "2026-10-25 01:30", "2026-10-25T00:30:00Z" },
		{ dublin, "2026-03-30T12:00:00Z", "2026-03-29 01:30", "2026-03-29T01:30:00Z" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 0;
		struct error err = { 0 };
		zone(rows[i].zone);
		if (!time_parse(span_of(rows[i].text), utc(rows[i].now), &ms, &err))
			fail_msg("'%s': %s", rows[i].text, err.text);
		if (ms != utc(rows[i].expected)) {
			char text[RFC3339_SIZE];
			clock_format_utc(ms, text);
			fail_msg("%s, %s: '%s' gave %s, not %s", rows[i].zone, rows[i].now,
				rows[i].text, text, rows[i].expected);
		}
	}
}

static void test_meant(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "yesterdy", "'yesterdy' is no time; did you mean 'yesterday'?" },
		{ "Mondya 14:30", "'Mondya 14:30' is no time; did you mean 'monday'?" },
		{ "2 huors ago", "'2 huors ago' is no time; did you mean 'hours'?" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms;
		struct error err = { 0 };
		assert_false(time_parse(span_of(rows[i].text), 0, &ms, &err));
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_string_equal(err.text, rows[i].error);
	}
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
	const struct CMUnitTest tests[] = { TEST(test_clock_after), TEST(test_parse),
		TEST(test_clocks_put_on), TEST(test_meant), TEST(test_duration), TEST(test_zone),
		TEST(test_format_duration), TEST(test_now) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

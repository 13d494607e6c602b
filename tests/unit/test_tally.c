#include "unit.h"

#include <stdlib.h>

#include "base/time.h"
#include "base/time_hour.h"
#include "base/xalloc.h"
#include "query/tally.h"

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Against sorting, for every percentage and all kinds of order and ties. */
static void test_percentiles(void **state)
{
	(void)state;
	uint64_t dice = 7;
	for (size_t count = 1; count < 60; count++) {
		struct tally tally = { 0 };
		int64_t *sorted = xcalloc(count, sizeof(*sorted));
		int64_t range = (int64_t)(count % 3 == 0 ? 3 : count % 3 == 1 ? 1000 : 1);
		for (size_t i = 0; i < count; i++) {
			dice = dice * 6364136223846793005u + 1442695040888963407u;
			sorted[i] = (int64_t)(dice >> 33) % range - range / 2;
			tally_add_duration(&tally, sorted[i]);
		}
		qsort(sorted, count, sizeof(*sorted), compare);
		for (int percent = 1; percent <= 100; percent++) {
			int64_t ms;
			size_t rank = 1;
			while (rank * 100 < count * (size_t)percent)
				rank++;
			assert_true(tally_percentile(&tally, percent, &ms));
			assert_int_equal(ms, sorted[rank - 1]);
		}
		free(sorted);
		free(tally.durations_ms);
	}
	struct tally none = { 0 };
	int64_t ms;
	assert_false(tally_percentile(&none, 50, &ms));
}

static void test_keys(void **state)
{
	(void)state;
	struct tallies t = { 0 };
	for (int64_t i = 0; i < 3000; i++) {
		tallies_at(&t, i * i - 1000)->changes += i;
		tallies_at(&t, INT64_MIN + i)->runs++;
		tallies_at(&t, i * i - 1000)->runs++;
	}
	assert_int_equal(t.count, 6000);
	tallies_sort_by_size(&t);
	assert_int_equal(t.items[0].key, 2999 * 2999 - 1000);
	assert_int_equal(t.items[0].changes + t.items[0].runs, 3000);
	assert_int_equal(t.items[5999].key, -1000 + 0); /* of equals the larger key is last */
	tallies_sort_by_key(&t);
	for (size_t i = 1; i < t.count; i++)
		assert_true(t.items[i - 1].key < t.items[i].key);
	tallies_release(&t);
}

static void zone(const char *name)
{
	struct error err = { 0 };
	if (!time_zone_set(name, &err))
		fail_msg("%s", err.text);
}

/* POSIX zones, which need no database. */
static void test_hours(void **state)
{
	(void)state;
	static const struct {
		const char *zone;
		int64_t ms;
		int64_t day;
		int hour, weekday;
		bool whole;
	} rows[] = {
		{ "UTC0", 0, 0, 0, 3, true },
		{ "UTC0", -1, -1, 23, 2, true },
		{ "UTC0", 86399999, 0, 23, 3, true },
		{ "UTC0", 1795515330123, 20781, 10, 1, true },    /* 2026-11-24, a Tuesday */
		{ "UTC0", -62135596800000, -719162, 0, 0, true }, /* 0001-01-01 */
		{ "UTC0", 951782400000, 11016, 0, 1, true },      /* 2000-02-29 */
		{ "IST-5:30", 1795545000000, 20782, 0, 2, true }, /* 18:30 in UTC is midnight */
		{ "IST-5:30", 1795544999999, 20781, 23, 1, true },
		/* Seven minutes off: some quarters are in two hours. */
		{ "+00:07", 1795545960000 - 60000 * 120, 20781, 16, 1, false },
		{ "+00:07", 1795546000000, 20781, 18, 1, false },
		{ "+00:07", 1795543200000, 20781, 18, 1, true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct time_hours *hours = xcalloc(1, sizeof(*hours));
		zone(rows[i].zone);
		int64_t hour = time_hour(hours, rows[i].ms);
		assert_int_equal(time_hour_day(hour), rows[i].day);
		assert_int_equal(time_hour_of_day(hour), rows[i].hour);
		assert_int_equal(time_hour_weekday(hour), rows[i].weekday);
		assert_int_equal(
			time_quarter_is_whole(hours, time_quarter(rows[i].ms)), rows[i].whole);
		free(hours);
	}
}

/* The clock is put forward and back; what the cache knows is what the system says. */
static void test_summer(void **state)
{
	(void)state;
	struct time_hours *hours = xcalloc(1, sizeof(*hours));
	zone("CET-1CEST,M3.5.0,M10.5.0/3");
	int64_t spring = 1774746000000, autumn = 1792890000000; /* 01:00 in UTC */
	assert_int_equal(time_hour_of_day(time_hour(hours, spring - 1)), 1);
	assert_int_equal(time_hour_of_day(time_hour(hours, spring)), 3);
	assert_int_equal(time_hour_of_day(time_hour(hours, autumn - 1)), 2);
	assert_int_equal(time_hour_of_day(time_hour(hours, autumn)), 2);
	assert_int_equal(time_hour_of_day(time_hour(hours, autumn + 3600000)), 3);
	assert_true(time_quarter_is_whole(hours, time_quarter(spring - 1)));
	assert_true(time_quarter_is_whole(hours, time_quarter(autumn)));
	/* Two quarters that share a place in the cache. */
	int64_t other = spring + (int64_t)HOUR_CACHE * QUARTER_MS;
	int64_t here = time_hour(hours, spring), there = time_hour(hours, other);
	assert_int_not_equal(here, there);
	assert_int_equal(time_hour(hours, spring), here);
	free(hours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_summer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

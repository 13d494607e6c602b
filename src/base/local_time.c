#include "base/local_time.h"

enum { SECOND_MS = 1000, DAY_MS = 86400000 };

void local_time_fields(int64_t ms, struct tm *ret_tm)
{
	time_t seconds = (time_t)(ms / SECOND_MS - (ms % SECOND_MS < 0));
	if (!localtime_r(&seconds, ret_tm)) {
		seconds = 0;
		localtime_r(&seconds, ret_tm);
	}
}

static bool is_day(const struct tm *tm)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = tm->tm_year + 1900;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return tm->tm_mon >= 0 && tm->tm_mon <= 11 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= month_days[tm->tm_mon] &&
	       (tm->tm_mon != 1 || tm->tm_mday != 29 || leap);
}

/* How far the zone is ahead of UTC at that time. */
static int64_t offset_ms(int64_t ms)
{
	struct tm tm;
	local_time_fields(ms, &tm);
	return (int64_t)tm.tm_gmtoff * SECOND_MS;
}

static bool shows(int64_t ms, const struct tm *wanted)
{
	struct tm tm;
	local_time_fields(ms, &tm);
	return tm.tm_mday == wanted->tm_mday && tm.tm_hour == wanted->tm_hour &&
	       tm.tm_min == wanted->tm_min;
}

/* mktime() would choose as the C library likes. */
int local_time_find(const struct tm *tm, int64_t ret_ms[2], int64_t *ret_skipped_ms)
{
	struct tm utc = *tm;
	int count = 0;
	if (!is_day(tm))
		return -1;
	int64_t ms = (int64_t)timegm(&utc) * SECOND_MS;
	int64_t before = ms - offset_ms(ms - DAY_MS), after = ms - offset_ms(ms + DAY_MS);
	*ret_skipped_ms = before;
	if (shows(before, &utc))
		ret_ms[count++] = before;
	if (after != before && shows(after, &utc))
		ret_ms[count++] = after;
	return count;
}

bool local_time_ms(const struct tm *tm, int64_t *ret_ms)
{
	int64_t times[2], skipped;
	int count = local_time_find(tm, times, &skipped);
	if (count < 0)
		return false;
	*ret_ms = count > 0 ? times[0] : skipped;
	return true;
}

struct tm local_time_day_before(const struct tm *tm, int days)
{
	struct tm noon = { .tm_year = tm->tm_year,
		.tm_mon = tm->tm_mon,
		.tm_mday = tm->tm_mday - days,
		.tm_hour = 12 };
	timegm(&noon);
	noon.tm_hour = tm->tm_hour;
	noon.tm_min = tm->tm_min;
	noon.tm_sec = tm->tm_sec;
	return noon;
}

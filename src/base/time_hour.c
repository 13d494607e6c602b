#include "base/time_hour.h"

#include <time.h>

int64_t time_quarter(int64_t ms)
{
	return ms / QUARTER_MS - (ms % QUARTER_MS < 0);
}

int64_t time_quarter_start(int64_t quarter)
{
	if (quarter < INT64_MIN / QUARTER_MS)
		return INT64_MIN;
	return quarter > INT64_MAX / QUARTER_MS ? INT64_MAX : quarter * QUARTER_MS;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; years begin in March here, so that the
 * leap day is the last. */
static int64_t days_of(const struct tm *tm)
{
	int64_t year = (int64_t)tm->tm_year + 1900 - (tm->tm_mon < 2);
	int64_t month = (tm->tm_mon + 10) % 12;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * month + 2) / 5 + tm->tm_mday - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static int64_t ask(int64_t ms)
{
	struct tm tm = { 0 };
	time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
	localtime_r(&seconds, &tm);
	return days_of(&tm) * 24 + tm.tm_hour;
}

static size_t place(struct time_hours *hours, int64_t quarter)
{
	size_t at = (size_t)((uint64_t)quarter % HOUR_CACHE);
	if (!hours->cache[at].known || hours->cache[at].quarter != quarter) {
		hours->cache[at].known = true;
		hours->cache[at].quarter = quarter;
		hours->cache[at].hour = ask(time_quarter_start(quarter));
		hours->cache[at].whole =
			ask(time_quarter_start(quarter + 1) - 1) == hours->cache[at].hour;
	}
	return at;
}

int64_t time_hour(struct time_hours *hours, int64_t ms)
{
	size_t at = place(hours, time_quarter(ms));
	return hours->cache[at].whole ? hours->cache[at].hour : ask(ms);
}

bool time_quarter_is_whole(struct time_hours *hours, int64_t quarter)
{
	return hours->cache[place(hours, quarter)].whole;
}

int64_t time_hour_day(int64_t hour)
{
	return hour / 24 - (hour % 24 < 0);
}

int time_hour_of_day(int64_t hour)
{
	return (int)(hour - time_hour_day(hour) * 24);
}

int time_hour_weekday(int64_t hour)
{
	return (int)(((time_hour_day(hour) + 3) % 7 + 7) % 7);
}

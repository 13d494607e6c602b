#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static int64_t read_clock_us(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
	return read_clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void)
{
	return read_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_clock_us(CLOCK_MONOTONIC);
}

void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct timespec clock_monotonic_after(int64_t wait_ms)
{
	int64_t until_us = clock_monotonic_us() + wait_ms * 1000;
	return (struct timespec){ .tv_sec = until_us / 1000000,
		.tv_nsec = until_us % 1000000 * 1000 };
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back: the year is taken
 * to begin in March, so that the leap day comes last. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	*ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

void clock_format_utc(int64_t ms, char ret_text[RFC3339_SIZE])
{
	int64_t days = ms / 86400000;
	int64_t rest = ms % 86400000;
	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	int64_t year;
	int month, day;
	date_of_days(days, &year, &month, &day);
	if (year < -99999 || year > 99999)
		year = year < 0 ? -99999 : 99999;
	snprintf(ret_text, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, month,
		day, (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
		(int)(rest % 1000));
}

/* Reads exactly count digits. */
static bool digits(const char **at, const char *end, int count, int64_t *ret_number)
{
	if (end - *at < count)
		return false;
	int64_t number = 0;
	for (int i = 0; i < count; i++) {
		char c = (*at)[i];
		if (c < '0' || c > '9')
			return false;
		number = number * 10 + (c - '0');
	}
	*at += count;
	*ret_number = number;
	return true;
}

static bool character(const char **at, const char *end, const char *any_of)
{
	if (*at == end || **at == '\0' || !strchr(any_of, **at))
		return false;
	(*at)++;
	return true;
}

/* ".5", ".123", ".123456789": to milliseconds. */
static bool fraction(const char **at, const char *end, int64_t *ret_ms)
{
	int64_t ms = 0, unit = 100;
	const char *start = *at;
	while (*at < end && **at >= '0' && **at <= '9') {
		ms += unit * (**at - '0');
		unit /= 10;
		(*at)++;
	}
	*ret_ms = ms;
	return *at > start;
}

static bool zone(const char **at, const char *end, int64_t *ret_minutes)
{
	*ret_minutes = 0;
	if (*at == end || character(at, end, "Zz"))
		return true;
	bool west = **at == '-';
	int64_t hours, minutes;
	if (!character(at, end, "+-") || !digits(at, end, 2, &hours))
		return false;
	character(at, end, ":");
	if (!digits(at, end, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

bool clock_parse_rfc3339(struct span text, int64_t *ret_ms)
{
	const char *at = text.data;
	if (!at)
		return false;
	const char *end = at + text.length;
	int64_t year, month, day, hour, minute, second, ms = 0, offset;
	if (!digits(&at, end, 4, &year) || !character(&at, end, "-") ||
		!digits(&at, end, 2, &month) || !character(&at, end, "-") ||
		!digits(&at, end, 2, &day) || !character(&at, end, "Tt ") ||
		!digits(&at, end, 2, &hour) || !character(&at, end, ":") ||
		!digits(&at, end, 2, &minute) || !character(&at, end, ":") ||
		!digits(&at, end, 2, &second))
		return false;
	if (character(&at, end, ".,") && !fraction(&at, end, &ms))
		return false;
	if (!zone(&at, end, &offset) || at != end)
		return false;
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1] || hour > 23 ||
		minute > 59 || second > 60)
		return false;
	*ret_ms = ((days_of_date(year, month, day) * 24 + hour) * 60 + minute - offset) * 60000 +
		  second * 1000 + ms;
	return true;
}

#include "base/time.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 86400000 };
#define LONGEST_MS (INT64_C(1000000000) * DAY_MS) /* of a duration: some million years */

/* A text being read from left to right. */
struct reading {
	const char *at;
	const char *end;
};

static void skip_space(struct reading *r)
{
	while (r->at < r->end && *r->at == ' ')
		r->at++;
}

static bool at_end(struct reading *r)
{
	skip_space(r);
	return r->at == r->end;
}

static bool take(struct reading *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* A number of least to most digits. */
static bool number(struct reading *r, int least, int most, int64_t *ret_number)
{
	int64_t value = 0;
	int count = 0;
	const char *at = r->at;
	while (at < r->end && isdigit((unsigned char)*at) && count <= most) {
		value = value * 10 + (*at++ - '0');
		count++;
	}
	if (count < least || count > most)
		return false;
	r->at = at;
	*ret_number = value;
	return true;
}

/* The letters that follow, without regard to case. */
static struct span word(struct reading *r)
{
	skip_space(r);
	const char *start = r->at;
	while (r->at < r->end && isalpha((unsigned char)*r->at))
		r->at++;
	return span_make(start, (size_t)(r->at - start));
}

static bool word_is(struct span a, const char *text)
{
	return a.length == strlen(text) && strncasecmp(a.data, text, a.length) == 0;
}

/* Milliseconds in a unit; 0 where the word is none. */
static int64_t unit_ms(struct span name)
{
	static const struct {
		const char *names[6];
		int64_t ms;
	} units[] = {
		{ { "ms", "millisecond", "milliseconds" }, 1 },
		{ { "s", "sec", "secs", "second", "seconds" }, SECOND_MS },
		{ { "m", "min", "mins", "minute", "minutes" }, MINUTE_MS },
		{ { "h", "hr", "hrs", "hour", "hours" }, HOUR_MS },
		{ { "d", "day", "days" }, DAY_MS },
		{ { "w", "week", "weeks" }, 7 * (int64_t)DAY_MS },
	};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		for (size_t j = 0; units[i].names[j]; j++)
			if (word_is(name, units[i].names[j]))
				return units[i].ms;
	return 0;
}

/* "2h", "1h30m", "2 hours": up to what is no such thing any more. */
static bool duration(struct reading *r, int64_t *ret_ms)
{
	int64_t sum = 0, count;
	bool some = false;
	for (;;) {
		struct reading before = *r;
		skip_space(r);
		if (!number(r, 1, 9, &count)) {
			*r = before;
			break;
		}
		int64_t unit = unit_ms(word(r));
		if (unit == 0)
			return false;
		sum += count * unit;
		if (sum > LONGEST_MS)
			return false;
		some = true;
	}
	*ret_ms = sum;
	return some;
}

/* "14:30", "14:30:05", "14:30:05.250" */
static bool time_of_day(struct reading *r, struct tm *tm, int64_t *ret_fraction_ms)
{
	int64_t hour, minute, second = 0, fraction = 0;
	if (!number(r, 1, 2, &hour) || !take(r, ':') || !number(r, 2, 2, &minute))
		return false;
	if (take(r, ':')) {
		if (!number(r, 2, 2, &second))
			return false;
		if (take(r, '.')) {
			int64_t unit = 100;
			if (r->at == r->end || !isdigit((unsigned char)*r->at))
				return false;
			for (; r->at < r->end && isdigit((unsigned char)*r->at); unit /= 10)
				fraction += unit * (*r->at++ - '0');
		}
	}
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	tm->tm_hour = (int)hour;
	tm->tm_min = (int)minute;
	tm->tm_sec = (int)second;
	*ret_fraction_ms = fraction;
	return true;
}

/* "2026-11-23", "2026-11-23 14:30[:05]", also with a 'T' between; in the zone. */
static bool date_and_time(struct reading r, int64_t *ret_ms)
{
	int64_t year, month, day, fraction = 0, ms;
	if (!number(&r, 4, 4, &year) || !take(&r, '-') || !number(&r, 2, 2, &month) ||
		!take(&r, '-') || !number(&r, 2, 2, &day))
		return false;
	struct tm tm = {
		.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day
	};
	if (r.at < r.end) {
		if (!take(&r, ' ') && !take(&r, 'T') && !take(&r, 't'))
			return false;
		if (!time_of_day(&r, &tm, &fraction) || !at_end(&r))
			return false;
	}
	if (!local_time_ms(&tm, &ms))
		return false;
	*ret_ms = ms + fraction;
	return true;
}

/* "14:30": the last one that has been. */
static bool last_time_of_day(struct reading r, int64_t now_ms, int64_t *ret_ms)
{
	struct tm tm;
	int64_t fraction, times[2], skipped;
	local_time_fields(now_ms, &tm);
	if (!time_of_day(&r, &tm, &fraction) || !at_end(&r))
		return false;
	/* Today, yesterday, or where the clocks skipped it yesterday, the day before. */
	for (int days = 0; days <= 2; days++) {
		struct tm day = local_time_day_before(&tm, days);
		for (int i = local_time_find(&day, times, &skipped) - 1; i >= 0; i--)
			if (times[i] + fraction <= now_ms) {
				*ret_ms = times[i] + fraction;
				return true;
			}
	}
	return false;
}

bool time_is_clock(struct span text)
{
	struct reading r = { text.data, text.data + text.length };
	struct tm tm;
	int64_t fraction;
	skip_space(&r);
	return time_of_day(&r, &tm, &fraction) && at_end(&r);
}

int64_t time_clock_after(int64_t clock_ms, int64_t after_ms)
{
	int64_t fraction = (clock_ms % SECOND_MS + SECOND_MS) % SECOND_MS, times[2], skipped;
	struct tm clock, first;
	local_time_fields(clock_ms, &clock);
	local_time_fields(after_ms, &first);
	first.tm_hour = clock.tm_hour;
	first.tm_min = clock.tm_min;
	first.tm_sec = clock.tm_sec;
	/* That day, the next, or where the clocks skip it then, the one behind. */
	for (int days = 0; days <= 2; days++) {
		struct tm day = local_time_day_before(&first, -days);
		int count = local_time_find(&day, times, &skipped);
		for (int i = 0; i < count; i++)
			if (times[i] + fraction > after_ms)
				return times[i] + fraction;
	}
	return clock_ms;
}

/* How many days before today a word means; -1 where it means none. */
static int days_back(struct span name, int today)
{
	static const char *const days[] = { "sunday", "monday", "tuesday", "wednesday", "thursday",
		"friday", "saturday" };
	if (word_is(name, "today"))
		return 0;
	if (word_is(name, "yesterday"))
		return 1;
	for (int i = 0; i < 7; i++)
		if (word_is(name, days[i]) ||
			(name.length == 3 && strncasecmp(name.data, days[i], 3) == 0))
			return (today - i + 7) % 7;
	return -1;
}

/* "yesterday", "yesterday 14:30", "monday": the last one that has begun. */
static bool named_day(struct reading r, int64_t now_ms, int64_t *ret_ms)
{
	struct tm tm;
	int64_t ms, fraction = 0;
	local_time_fields(now_ms, &tm);
	int back = days_back(word(&r), tm.tm_wday);
	if (back < 0)
		return false;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm = local_time_day_before(&tm, back);
	if (!at_end(&r) && (!time_of_day(&r, &tm, &fraction) || !at_end(&r)))
		return false;
	if (!local_time_ms(&tm, &ms))
		return false;
	*ret_ms = ms + fraction;
	return true;
}

/* "@1795515330", "@1795515330123" */
static bool since_1970(struct reading r, int64_t *ret_ms)
{
	int64_t value;
	const char *start = r.at + 1;
	if (!take(&r, '@') || !number(&r, 1, 15, &value) || !at_end(&r))
		return false;
	*ret_ms = r.end - start >= 13 ? value : value * SECOND_MS;
	return true;
}

/* "now", "2h", "-2h", "2 hours ago" */
static bool relative(struct reading r, int64_t now_ms, int64_t *ret_ms)
{
	struct reading start = r;
	if (word_is(word(&r), "now") && at_end(&r)) {
		*ret_ms = now_ms;
		return true;
	}
	r = start;
	int64_t back;
	take(&r, '-');
	if (!duration(&r, &back))
		return false;
	if (!at_end(&r) && (!word_is(word(&r), "ago") || !at_end(&r)))
		return false;
	*ret_ms = now_ms - back;
	return true;
}

/* The first word, or the one behind a number, may be meant for another: "yesterdy", "2 huors". */
static const char *nearest_word(struct reading r)
{
	static const char *const words[] = { "now", "today", "yesterday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday", "sunday", "seconds", "minutes",
		"hours", "days", "weeks", NULL };
	while (r.at < r.end && !isalpha((unsigned char)*r.at))
		r.at++;
	struct span found = word(&r);
	if (found.length < 3 || found.length > 20)
		return NULL;
	char *copy = span_dup(found);
	const char *nearest = text_nearest(copy, words);
	if (nearest && strcasecmp(nearest, copy) == 0)
		nearest = NULL;
	free(copy);
	return nearest;
}

static bool no_time(struct reading r, struct error *err)
{
	const char *nearest = nearest_word(r);
	int length = r.end - r.at < 80 ? (int)(r.end - r.at) : 80;
	if (nearest)
		return error_set(err, ERROR_USAGE, "'%.*s' is no time; did you mean '%s'?", length,
			r.at, nearest);
	return error_set(err, ERROR_USAGE,
		"'%.*s' is no time; write 2026-11-23, '2026-11-23 14:30', 14:30, yesterday, "
		"monday, 2h, 2026-11-23T14:30:00Z or @SECONDS",
		length, r.at);
}

bool time_parse(struct span text, int64_t now_ms, int64_t *ret_ms, struct error *err)
{
	const char *data = text.data ? text.data : "";
	struct reading r = { data, data + text.length };
	skip_space(&r);
	while (r.end > r.at && r.end[-1] == ' ')
		r.end--;
	if (since_1970(r, ret_ms) || relative(r, now_ms, ret_ms) || date_and_time(r, ret_ms) ||
		last_time_of_day(r, now_ms, ret_ms) || named_day(r, now_ms, ret_ms) ||
		clock_parse_rfc3339(span_make(r.at, (size_t)(r.end - r.at)), ret_ms))
		return true;
	return no_time(r, err);
}

bool time_parse_duration(struct span text, int64_t *ret_ms, struct error *err)
{
	const char *data = text.data ? text.data : "";
	struct reading r = { data, data + text.length };
	int64_t ms;
	if (duration(&r, &ms) && at_end(&r)) {
		*ret_ms = ms;
		return true;
	}
	return error_set(err, ERROR_USAGE, "'%.*s' is no duration; write 90s, 5m, 1h, 2d or 1h30m",
		(int)(text.length < 80 ? text.length : 80), data);
}

bool time_now(int64_t *ret_ms, struct error *err)
{
	const char *text = getenv("PORTLOG_NOW");
	if (!text || !*text) {
		*ret_ms = clock_now_ms();
		return true;
	}
	if (!time_parse(span_of(text), clock_now_ms(), ret_ms, err))
		return error_prefix(err, "PORTLOG_NOW");
	return true;
}

void time_format(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
	struct tm tm;
	local_time_fields(ms, &tm);
	strftime(ret_text, TIME_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}

void time_format_day(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
	struct tm tm;
	local_time_fields(ms, &tm);
	strftime(ret_text, TIME_TEXT_SIZE, "%Y-%m-%d", &tm);
}

void time_format_duration(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t n = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	if (n >= DAY_MS)
		snprintf(ret_text, TIME_TEXT_SIZE, "%s%" PRIu64 "d %02" PRIu64 "h", sign,
			n / DAY_MS, n % DAY_MS / HOUR_MS);
	else if (n >= HOUR_MS)
		snprintf(ret_text, TIME_TEXT_SIZE, "%s%" PRIu64 "h %02" PRIu64 "m", sign,
			n / HOUR_MS, n % HOUR_MS / MINUTE_MS);
	else if (n >= MINUTE_MS)
		snprintf(ret_text, TIME_TEXT_SIZE, "%s%" PRIu64 "m %02" PRIu64 "s", sign,
			n / MINUTE_MS, n % MINUTE_MS / SECOND_MS);
	else if (n >= SECOND_MS)
		snprintf(ret_text, TIME_TEXT_SIZE, "%s%" PRIu64 ".%" PRIu64 "s", sign,
			n / SECOND_MS, n % SECOND_MS / 100);
	else
		snprintf(ret_text, TIME_TEXT_SIZE, "%s%" PRIu64 "ms", sign, n);
}

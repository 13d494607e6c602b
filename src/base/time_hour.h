/* Which hour of which day a time is in, in the process's time zone, for millions of times: asked of
 * the system once for each quarter of an hour. */
#ifndef PORTLOG_BASE_TIME_HOUR_H
#define PORTLOG_BASE_TIME_HOUR_H

#include <stdbool.h>
#include <stdint.h>

enum { QUARTER_MS = 15 * 60 * 1000 };

/* The quarter of an hour of UTC that the time is in, counted from 1970, also before. */
int64_t time_quarter(int64_t ms);
/* When it begins; the least or greatest time there is, where that lies beyond it. */
int64_t time_quarter_start(int64_t quarter);

enum { HOUR_CACHE = 4096 };

/* Starts as { 0 }. Good for one zone. */
struct time_hours {
	struct {
		int64_t quarter;
		int64_t hour;
		bool known;
		bool whole;
	} cache[HOUR_CACHE];
};

/* Local days since 1970-01-01, times 24, plus the hour of the day. */
int64_t time_hour(struct time_hours *hours, int64_t ms);
/* All of the quarter is in one local hour, which is so in every zone that is in use today. (There
 * were zones seven minutes off, and clocks that were put back at a minute past midnight.) */
bool time_quarter_is_whole(struct time_hours *hours, int64_t quarter);

/* Of a time_hour: the day, the hour of the day, and the weekday, where Monday is 0. */
int64_t time_hour_day(int64_t hour);
int time_hour_of_day(int64_t hour);
int time_hour_weekday(int64_t hour);

#endif

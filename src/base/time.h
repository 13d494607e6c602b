/* Times as people write and read them, in the process's time zone; durations. See clock.h for UTC.
 */
#ifndef PORTLOG_BASE_TIME_H
#define PORTLOG_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { TIME_TEXT_SIZE = 40 };

/* Makes zone (a name such as Europe/Berlin, or a POSIX TZ text) the process's zone; NULL: TZ, else
 * the system's. To be called once, before threads start. */
bool time_zone_set(const char *zone, struct error *err);
/* How the zone is called: "Europe/Berlin" where that is its name, else as at that time, "CET", and
 * its offset, "+01:00": "CET (+01:00)". */
void time_zone_text(int64_t ms, char ret_text[TIME_TEXT_SIZE]);

/* Any form of the contract's TIME: RFC 3339; 2026-11-23; 2026-11-23 14:30[:05]; 14:30 (the last one
 * that has been); now, today, yesterday [14:30], monday; 2h, -2h, 2h ago, 2 hours ago; @SECONDS. */
bool time_parse(struct span text, int64_t now_ms, int64_t *ret_ms, struct error *err);
/* "14:30", "14:30:05": a time of day alone. */
bool time_is_clock(struct span text);
/* The first time after after_ms at which the clocks show what they show at clock_ms. */
int64_t time_clock_after(int64_t clock_ms, int64_t after_ms);
/* 90s, 5m, 1h, 2d, 1w, 250ms, "2 hours", 1h30m. A number without a unit is an error. */
bool time_parse_duration(struct span text, int64_t *ret_ms, struct error *err);

/* What reading commands take for now: PORTLOG_NOW where it is set, else the clock. */
bool time_now(int64_t *ret_ms, struct error *err);

/* "2026-11-24 10:15:30" in the zone. */
void time_format(int64_t ms, char ret_text[TIME_TEXT_SIZE]);
/* "2026-11-24" in the zone. */
void time_format_day(int64_t ms, char ret_text[TIME_TEXT_SIZE]);
/* "350ms", "12.3s", "4m 05s", "2h 10m", "3d 04h". */
void time_format_duration(int64_t ms, char ret_text[TIME_TEXT_SIZE]);

#endif

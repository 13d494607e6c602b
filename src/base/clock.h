/* What time it is, and RFC 3339 in UTC with milliseconds. Times are milliseconds since 1970. */
#ifndef PORTLOG_BASE_CLOCK_H
#define PORTLOG_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

enum { RFC3339_SIZE = 32 }; /* "2026-11-24T10:15:30.123Z" and a NUL, and room for odd years */

/* The end of the year 9999: the last that RFC 3339 and SQLite can write. */
#define CLOCK_LAST_MS INT64_C(253402300799999)

int64_t clock_now_ms(void);
/* Does not jump; for durations and deadlines. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
/* A condition whose timed waits go by that clock, and such a time in wait_ms from now. */
void clock_cond_init(pthread_cond_t *cond);
struct timespec clock_monotonic_after(int64_t wait_ms);

void clock_format_utc(int64_t ms, char ret_text[RFC3339_SIZE]);
/* RFC 3339 as Port and others write it: 'T', 't' or a space, any fraction (cut to milliseconds),
 * 'Z', an offset, or none (UTC). False where it is not one. */
bool clock_parse_rfc3339(struct span text, int64_t *ret_ms);

#endif

/* What the clocks of the process's time zone show, also on days when they are put forward or back.
 * A struct tm holds year, month, day and time of day. */
#ifndef PORTLOG_BASE_LOCAL_TIME_H
#define PORTLOG_BASE_LOCAL_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

void local_time_fields(int64_t ms, struct tm *ret_tm);

/* When the clocks show tm: once; never, where they are put forward; twice, where they are put back.
 * Returns how often, -1 where there is no such day. ret_skipped_ms: where never, as much later. */
int local_time_find(const struct tm *tm, int64_t ret_ms[2], int64_t *ret_skipped_ms);
/* The first of them; false where there is no such day. */
bool local_time_ms(const struct tm *tm, int64_t *ret_ms);

/* So many days before tm, at its time of day. */
struct tm local_time_day_before(const struct tm *tm, int days);

#endif

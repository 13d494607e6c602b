/* How long to wait before trying again. */
#ifndef PORTLOG_RECORD_BACKOFF_H
#define PORTLOG_RECORD_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_MOST_MS = 3600 * 1000 }; /* of a wait before another attempt, whoever asks for it */

/* Doubles from first_ms up to most_ms with each attempt (from 1) that failed; between half of that
 * and all of it, by random, so that many who fail together do not come back together. */
int64_t backoff_ms(int64_t first_ms, int64_t most_ms, int attempt, uint64_t random);

/* Waits are measured by the monotonic clock, which nobody sets. at_ms is an instant of the other
 * one, as the store keeps it for the next process: when it is due. What is further away than
 * most_ms was stored while the clock was wrong, or it is wrong now: then it is due in otherwise_ms.
 * 0: now. */
int64_t backoff_due_ms(int64_t at_ms, int64_t most_ms, int64_t otherwise_ms);

#endif

/* How long to wait before trying again. */
#ifndef PORTLOG_RECORD_BACKOFF_H
#define PORTLOG_RECORD_BACKOFF_H

#include <stdint.h>

/* Doubles from first_ms up to most_ms with each attempt (from 1) that failed; between half of that
 * and all of it, by random, so that many who fail together do not come back together. */
int64_t backoff_ms(int64_t first_ms, int64_t most_ms, int attempt, uint64_t random);

#endif

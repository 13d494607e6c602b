#include "record/backoff.h"

#include "base/clock.h"

int64_t backoff_ms(int64_t first_ms, int64_t most_ms, int attempt, uint64_t random)
{
	int64_t whole_ms = first_ms < most_ms ? first_ms : most_ms;
	for (int i = 1; i < attempt && whole_ms < most_ms; i++)
		whole_ms = whole_ms > most_ms / 2 ? most_ms : 2 * whole_ms;
	int64_t half_ms = whole_ms / 2;
	return half_ms + (int64_t)(random % (uint64_t)(whole_ms - half_ms + 1));
}

int64_t backoff_due_ms(int64_t at_ms, int64_t most_ms, int64_t otherwise_ms)
{
	int64_t wait_ms = at_ms - clock_now_ms();
	if (wait_ms > most_ms)
		wait_ms = otherwise_ms;
	return wait_ms > 0 ? clock_monotonic_ms() + wait_ms : 0;
}

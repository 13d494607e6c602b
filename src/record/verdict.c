#include "record/verdict.h"

#include "record/backoff.h"

enum {
	/* Until there is a process or a descriptor again. */
	NOT_BEGUN_FIRST_MS = 1000,
	NOT_BEGUN_MOST_MS = 60000,
};

struct verdict verdict_of(const struct action_result *result, const struct rule_settings *settings,
	int attempt, uint64_t random)
{
	struct verdict verdict = { .state = EXECUTION_FAILED };
	if (result->outcome == ACTION_SUCCEEDED)
		verdict.state = EXECUTION_SUCCEEDED;
	else if (result->outcome == ACTION_TIMED_OUT)
		verdict.state = EXECUTION_TIMED_OUT;
	if (result->not_begun)
		return (struct verdict){ EXECUTION_WAITING,
			backoff_ms(NOT_BEGUN_FIRST_MS, NOT_BEGUN_MOST_MS, attempt, random) };
	bool unknown = result->unknown || result->outcome == ACTION_TIMED_OUT;
	if (result->outcome == ACTION_SUCCEEDED || result->hopeless ||
		attempt >= settings->retry.attempts || (unknown && !settings->idempotent))
		return verdict;
	int64_t wait_ms = backoff_ms(settings->retry.backoff, BACKOFF_MOST_MS, attempt, random);
	if (wait_ms < result->retry_after_ms)
		wait_ms = result->retry_after_ms;
	return (struct verdict){ EXECUTION_WAITING, wait_ms };
}

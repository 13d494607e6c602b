#include "record/verdict.h"

#include "record/backoff.h"

struct verdict verdict_of(const struct action_result *result, const struct rule_settings *settings,
	int attempt, uint64_t random)
{
	struct verdict verdict = { .state = EXECUTION_FAILED };
	if (result->outcome == ACTION_SUCCEEDED)
		verdict.state = EXECUTION_SUCCEEDED;
	else if (result->outcome == ACTION_TIMED_OUT)
		verdict.state = EXECUTION_TIMED_OUT;
	bool unknown = result->unknown || result->outcome == ACTION_TIMED_OUT;
	if (result->outcome == ACTION_SUCCEEDED || result->hopeless ||
		attempt >= settings->retry.attempts || (unknown && !settings->idempotent))
		return verdict;
	int64_t wait_ms = backoff_ms(settings->retry.backoff, BACKOFF_MOST_MS, attempt, random);
	if (wait_ms < result->retry_after_ms)
		wait_ms = result->retry_after_ms;
	return (struct verdict){ EXECUTION_WAITING, wait_ms };
}

/* What an attempt's end means for its execution: is that all, or does another come? */
#ifndef PORTLOG_RECORD_VERDICT_H
#define PORTLOG_RECORD_VERDICT_H

#include "action/action.h"
#include "action/rule_settings.h"
#include "event/local_execution.h"

struct verdict {
	enum execution_state state;
	int64_t wait_ms; /* EXECUTION_WAITING: for the next attempt */
};

/* After attempt (1 …), which was not told to stop. It is tried again where the rule lets, it may
 * help, and what was done is known or may be done twice. */
struct verdict verdict_of(const struct action_result *result, const struct rule_settings *settings,
	int attempt, uint64_t random);

#endif

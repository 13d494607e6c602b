/* What it means that a program ended so, or did not start. */
#ifndef PORTLOG_ACTION_EXEC_JUDGE_H
#define PORTLOG_ACTION_EXEC_JUDGE_H

#include "action/action.h"
#include "action/exec_request.h"
#include "base/process.h"

struct exec_attempt {
	const struct exec_request *request;
	const char *file; /* the program */
	size_t environment_bytes;
	int64_t timeout_ms;
	struct process_result process;
};

/* Fills outcome, unknown, hopeless, exit_code and reason. result has the output already. */
void exec_judge(const struct exec_attempt *attempt, struct action_result *result);

#endif

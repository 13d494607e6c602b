/* What people ask of an execution: the recorder alone changes the store, so it is asked over its
 * control socket. */
#ifndef PORTLOG_CLI_EXECUTION_REQUEST_H
#define PORTLOG_CLI_EXECUTION_REQUEST_H

#include "cli/command.h"

struct execution_ask {
	const char *verb; /* "retry" or "cancel" */
	int64_t id;
	const char *reason;
	bool again; /* retry: also what may have been done, or was not to be */
};

/* ERROR_NEGATIVE where the recorder refuses; ERROR_STORE where none runs, or where it does not
 * answer. */
bool execution_request(struct invocation *call, const struct execution_ask *ask, struct error *err);

#endif

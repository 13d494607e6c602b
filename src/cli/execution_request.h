/* What people ask of an execution: the recorder alone changes the store, so it is asked over its
 * control socket. */
#ifndef PORTLOG_CLI_EXECUTION_REQUEST_H
#define PORTLOG_CLI_EXECUTION_REQUEST_H

#include "cli/command.h"

/* verb: "retry" or "cancel". ERROR_NEGATIVE where the recorder refuses; ERROR_STORE where none
 * runs, or where it does not answer. */
bool execution_request(struct invocation *call, const char *verb, int64_t id, const char *reason,
	struct error *err);

#endif

/* The variables of an exec: a few of ours, those that tell of the event, the rule's own. */
#ifndef PORTLOG_ACTION_EXEC_ENVIRONMENT_H
#define PORTLOG_ACTION_EXEC_ENVIRONMENT_H

#include "action/action.h"
#include "base/text_list.h"

#define EXEC_DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* PORTLOG_RUN_ID and so on; of what the message does not tell there is none. execution and
 * output (a file) are NULL where they are not known yet.
 * ERROR_CONFIG: a value has a NUL in it, which no variable can. */
bool exec_variables(const struct action_job *job, const char *execution, const char *output,
	struct text_pairs *variables, struct error *err);
/* A name that exec_variables sets. */
bool exec_is_own_variable(const char *name);
/* Why a template may not give a variable that name: what loaders, shells, interpreters and common
 * tools obey would let a message run code. NULL: it may. */
const char *exec_variable_refusal(struct span name);
/* "NAME=value" of all of them, the rule's last. */
void exec_environment(const struct text_pairs *variables, const struct text_pairs *rule,
	struct text_list *ret_environment);

#endif

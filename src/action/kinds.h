/* The kinds of action: X(NAME) for each, whose `action_NAME` is in action/NAME.c. */
#ifndef PORTLOG_ACTION_KINDS_H
#define PORTLOG_ACTION_KINDS_H

#include "action/action.h"

#define ACTION_KINDS(X) \
	X(exec)         \
	X(webhook)

#define ACTION_KIND_DECLARE(name) extern const struct action_kind action_##name;
ACTION_KINDS(ACTION_KIND_DECLARE)
#undef ACTION_KIND_DECLARE

#endif

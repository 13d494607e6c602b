/* What is named as an argument must be there, and be one: else exit status 1, with what was
 * probably meant. */
#ifndef PORTLOG_CLI_ENTITY_ARGUMENT_H
#define PORTLOG_CLI_ENTITY_ARGUMENT_H

#include "cli/command.h"
#include "query/resolve.h"

/* Starts as { 0 }. */
struct entity_argument {
	int64_t id;
	char *blueprint; /* may be NULL */
	char *entity;
};

/* BLUEPRINT/ID, /ID, or an ID that has no slash. ERROR_NEGATIVE where it fits none, or several. */
bool entity_argument(struct invocation *call, const char *what, struct entity_argument *ret_entity,
	struct error *err);
void entity_argument_release(struct entity_argument *entity);

/* Says that nothing is called so, and the nearest name; returns false. */
bool argument_names_nothing(
	struct invocation *call, enum name_kind kind, const char *what, struct error *err);

#endif

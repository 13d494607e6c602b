/* Who acts in the demo, and in which words Port knows them. All of it is invented. */
#ifndef PORTLOG_DEMO_CAST_H
#define PORTLOG_DEMO_CAST_H

#include "demo/dice.h"

enum actor_kind {
	ACTOR_PERSON,
	ACTOR_MACHINE,
	ACTOR_PORT, /* Port's own timers */
};

struct actor {
	const char *handle; /* how scenes call them */
	enum actor_kind kind;
	const char *user_id;
	const char *email; /* persons only, and so are the names */
	const char *first_name;
	const char *last_name;
	const char *origin; /* where their changes come from: UI, API, an integration */
};

/* handle must be in the cast. */
const struct actor *cast_find(const char *handle);
/* Any of the persons. */
const struct actor *cast_person(struct dice *dice);

#endif

/* The demo's runs and the actions they are of. */
#ifndef PORTLOG_DEMO_RUN_H
#define PORTLOG_DEMO_RUN_H

#include "demo/world.h"

/* The shapes in which Port asks for a run (doc/architecture.md, "Message variants"). */
enum request_shape {
	REQUEST_KAFKA,      /* V6: the oldest form */
	REQUEST_AGENT,      /* V7: for the execution agent */
	REQUEST_WHOLE,      /* V11: the whole trigger data */
	REQUEST_AUTOMATION, /* V12: an automation, by a change of an entity */
};

/* How later steps of a run are told. */
enum update_shape {
	UPDATE_CHANGE_LOG, /* V5 */
	UPDATE_AUTOMATION, /* V13: an automation, by an update of the run */
};

struct action {
	const char *identifier;
	const char *title;
	const char *blueprint;
	const char *operation; /* CREATE, DAY-2, DELETE; of automations the trigger's event */
	const char *icon;
	enum request_shape request;
	enum update_shape update;
	bool approval;
};

/* identifier must be one of the demo's actions. */
const struct action *action_find(const char *identifier);
/* The automation that listens to changes of that blueprint; NULL: none, they come on change.log. */
const struct action *action_of_changes(const char *blueprint);

struct run {
	char *handle; /* how scenes call it */
	char *id;
	const struct action *action;
	const struct actor *who;
	char *subject; /* BLUEPRINT/ENTITY; NULL where it makes one */
	char *inputs;  /* JSON */
	const char *status;
	char *summary; /* NULL: none yet, and so is the label */
	char *label;
	const struct actor *approver; /* NULL: nobody decided */
	const char *approval;         /* APPROVED, DECLINED */
	char *reason;                 /* that the approver gave */
	int64_t created_ms;
	int64_t updated_ms;
	int64_t ended_ms; /* 0: goes on */
};

void run_free(struct run *run);
/* The run's state as Port prints it in an update. */
void run_write(const struct run *run, struct json_writer *w);

#endif

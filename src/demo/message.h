/* Messages in Port's shapes, with bodies as JavaScript prints them. Each function appends one. */
#ifndef PORTLOG_DEMO_MESSAGE_H
#define PORTLOG_DEMO_MESSAGE_H

#include "demo/run.h"

/* A change of something in the catalog. */
struct catalog_change {
	const char *operation; /* CREATE, UPDATE, DELETE */
	const char *resource;  /* entity, blueprint */
	const struct actor *who;
	int64_t at_ms;
	const char *blueprint;
	const char *entity;  /* NULL: of the blueprint itself */
	const char *run_id;  /* NULL: in no run */
	const char *message; /* why it was refused; NULL: it was not */
	struct span before;  /* JSON; absent: null */
	struct span after;
};

/* V1, V2, V3, on change.log. */
void message_change(const struct catalog_change *change, struct buf *out);
/* V4: a property of type timer ran out, told with an offset as Port does. */
void message_timer(
	const struct entity *entity, const char *property, int64_t at_ms, struct buf *out);
/* V6, V7, V11, signed with the secret; entity (may be NULL) is what it is about. */
void message_request(
	const struct run *run, const struct entity *entity, const char *secret, struct buf *out);
/* V12: the change, told by the automation that run is of. */
void message_change_automation(const struct catalog_change *change, const struct run *run,
	const char *event_id, const char *secret, struct buf *out);
/* V5: what became of a run, on change.log. before is its state as JSON, absent for null. */
void message_run_change(
	const struct run *run, const struct actor *who, struct span before, struct buf *out);
/* V13: the same, told by the automation that teller is of. */
void message_run_automation(const struct run *run, const struct actor *who, struct span before,
	const struct run *teller, const char *event_id, const char *secret, struct buf *out);

#endif

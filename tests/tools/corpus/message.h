/* Port's messages about that company, in the shapes that Port gives them. */
#ifndef PORTLOG_TESTS_TOOLS_CORPUS_MESSAGE_H
#define PORTLOG_TESTS_TOOLS_CORPUS_MESSAGE_H

#include "tests/tools/corpus/world.h"

enum { OPEN_RUNS = 4096 };

struct run {
	char id[24];
	uint32_t action; /* in the table of message_run.c */
	struct entity *entity;
	uint32_t user;
	bool waiting; /* for approval */
	int64_t due_ms;
	char created_at[RFC3339_SIZE];
	char input[48];
};

/* The runs that have not ended, in a ring. */
struct runs {
	struct run open[OPEN_RUNS];
	uint32_t first;
	uint32_t count;
};

struct message {
	bool on_runs; /* the topic: ORG.runs, else ORG.change.log */
	uint32_t partition_key;
	const char *key;
	struct buf value;
	struct buf state; /* room to draw the entity in */
};

/* An entity is created, changed or deleted. */
void message_change(struct world *w, struct runs *r, struct message *ret_message);
/* A run is asked for, or its update is due. */
void message_run(struct world *w, struct runs *r, struct message *ret_message);

/* {"by": …, "origin": …, "at": …}, without the last brace. */
void add_trigger(struct world *w, uint32_t user, const char *origin, struct buf *out);
/* What stands before an event in an automation's message, and behind it. */
void add_automation(struct world *w, const char *operation, struct buf *out);
void add_automation_end(struct world *w, const char *action, struct buf *out);

#endif

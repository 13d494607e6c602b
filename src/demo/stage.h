/* Where the demo's story is played: what was planned is performed in order of time, changes the
 * world, and gives one message each. */
#ifndef PORTLOG_DEMO_STAGE_H
#define PORTLOG_DEMO_STAGE_H

#include "base/text_list.h"
#include "demo/run.h"
#include "demo/story.h"

/* What a step does; in brackets what its text is. */
enum verb {
	VERB_BLUEPRINT, /* the kind of entity that subject names is made [its title] */
	VERB_CREATE,    /* an entity is made [assignments, or what Port's API is given] */
	VERB_UPDATE,    /* [likewise] */
	VERB_DELETE,
	VERB_REFUSED, /* an update that Port refuses [assignments | why] */
	VERB_TIMER,   /* a timer runs out [the property] */
	VERB_ASK,     /* a run asks for approval [inputs, as assignments] */
	VERB_APPROVE,
	VERB_DECLINE,
	VERB_REQUEST, /* a run is to be executed [inputs; of one that was asked for nothing] */
	VERB_FORGED,  /* the same, signed with another secret */
	VERB_LABEL,   /* a run's status label is set [it] */
	VERB_SUCCEED, /* a run ends [its summary] */
	VERB_FAIL,
};

/* A run is called ACTION:WORD; "ACTION:~WORD" where nobody asks for its id later. */
struct step {
	int64_t at_ms;
	uint64_t order; /* of those at the same time */
	enum verb verb;
	const struct actor *who;
	char *subject; /* BLUEPRINT/ENTITY; NULL: none */
	char *run;     /* that it is, or belongs to; NULL: none */
	char *text;
};

struct stage {
	struct world world;
	struct dice dice;
	struct step *steps; /* a heap: the next one first */
	size_t step_count;
	size_t step_capacity;
	uint64_t planned;
	struct run **runs; /* that have not ended */
	size_t run_count;
	struct text_pairs run_ids; /* of scripted runs, by handle */
	int64_t last_ms;           /* no two messages at the same time */
	struct buf payload;
	struct buf key;
	struct buf run_id;
};

void stage_release(struct stage *stage);
/* Texts are copied. who is a handle in the cast. */
void stage_plan(struct stage *stage, int64_t at_ms, enum verb verb, const char *who,
	const char *subject, const char *run, const char *text);
/* What the run of that id is called; NULL: it has not begun, or has ended. */
const char *stage_handle(const struct stage *stage, const char *run_id);
/* Performs the next step; there must be one. */
void stage_perform(struct stage *stage, struct story_message *ret_message);

#endif

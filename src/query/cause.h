/* The chain of causes behind a change: the run that made it, the automation's run's own cause, and
 * so on to a person, a machine or Port. */
#ifndef PORTLOG_QUERY_CAUSE_H
#define PORTLOG_QUERY_CAUSE_H

#include "query/change.h"

/* A run as it is known; only run_id where no record told of it. */
struct cause_run {
	struct span run_id;
	struct span kind;
	struct span action;
	struct span actor;
	struct span user_id;
	struct span approved_by;
	struct span status;
	struct span origin;
	struct span blueprint;
	struct span entity;
	int64_t time_ms;
	bool is_known;
	bool is_automatic; /* something fired it, nobody asked for it */
};

struct cause_link {
	bool is_run;
	struct change change;
	struct cause_run run;
};

enum cause_end {
	CAUSE_ROOT,   /* somebody did it, or nothing here tells more */
	CAUSE_CYCLE,  /* the next link is one of those before */
	CAUSE_LENGTH, /* it goes on */
};

enum { CAUSE_LINKS_MAX = 50 };

/* Starts as { 0 }. Each link is caused by the next. */
struct causes {
	struct cause_link links[CAUSE_LINKS_MAX];
	size_t count;
	enum cause_end end;
};

/* From the change on; texts are in the arena. */
bool causes_find(sqlite3 *database, const struct change *change, struct arena *texts,
	struct causes *causes, struct error *err);

#endif

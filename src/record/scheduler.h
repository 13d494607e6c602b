/* Which job comes next: what is due, by lanes, groups and keys. No clock, no threads, no store. */
#ifndef PORTLOG_RECORD_SCHEDULER_H
#define PORTLOG_RECORD_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each with a bound of its own. */
enum lane {
	LANE_DECIDE, /* which rule, by jq */
	LANE_RUN,    /* attempts */
	LANE_REPORT, /* what Port is told */
	LANES,
};

/* Known by its lane and id. */
struct schedule_job {
	int64_t id;
	enum lane lane;
	uint64_t group; /* a rule: has a bound of its own, and its turn among the groups */
	uint64_t key;   /* jobs of a lane with the same one run one after another, by id; 0: none */
	int64_t due_ms; /* not before; by any clock, here and below the same one */
};

struct scheduler;

struct scheduler *scheduler_new(void);
void scheduler_free(struct scheduler *s);
/* How many run at once; none of a lane that was never told. */
void scheduler_lane_most(struct scheduler *s, enum lane lane, size_t most);
/* 0, as at first: as many as the lane lets. */
void scheduler_group_most(struct scheduler *s, enum lane lane, uint64_t group, size_t most);

/* There must be none of that id in the lane. O(log n), as is all that follows, and times the number
 * of groups where it is chosen. */
void scheduler_add(struct scheduler *s, const struct schedule_job *job);
/* Takes what is due and has room: of each group in turn, its earliest. It runs from now on. */
bool scheduler_next(struct scheduler *s, int64_t now_ms, struct schedule_job *ret_job);
/* It ran, and is done with. */
void scheduler_ended(struct scheduler *s, enum lane lane, int64_t id);
/* It ran, and is due again; its key stays taken till it is done with. */
void scheduler_again(struct scheduler *s, enum lane lane, int64_t id, int64_t due_ms);
/* False: it runs, or is not there; nothing has changed. */
bool scheduler_remove(struct scheduler *s, enum lane lane, int64_t id);

/* When the next that has room is due; INT64_MAX: none. */
int64_t scheduler_due_ms(const struct scheduler *s);
size_t scheduler_waiting(const struct scheduler *s, enum lane lane);
size_t scheduler_running(const struct scheduler *s, enum lane lane);

#endif

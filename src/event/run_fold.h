/* The state of a run as its events tell it: late, doubled and out-of-order events give the same
 * state, because the events are put in order of (time, rank of the step, content) first. */
#ifndef PORTLOG_EVENT_RUN_FOLD_H
#define PORTLOG_EVENT_RUN_FOLD_H

#include "event/event.h"

/* One event of a run and the record it came in. */
struct run_event {
	uint64_t seq;
	uint32_t idx;
	int64_t time_ms;
	struct event event;
};

/* Texts are borrowed from the events. Each has the last value told, in the order above, apart from
 * who asked (user, origin, time, inputs, signature): that is the first request's, or where requests
 * do not tell it, the first event's that does. A status that ends a run stays. What Port accepted
 * of portlog's own report (STEP_REPORTED) ends a run, too, until Port tells otherwise. */
struct run_state {
	struct event state;  /* status, port_status, status_label, title, link … */
	int64_t time_ms;     /* of the request; else when Port made it, or of the first event */
	int64_t last_ms;     /* of the last event */
	uint64_t inputs_seq; /* the record that state.inputs is a range of; 0: none */
	uint64_t seq;        /* first record that tells of the run, by seq */
	uint64_t last_seq;
	bool has_decided; /* state.decision: when it was taken is known */
	int64_t decided_ms;
};

/* Sorts events; count is at least 1. */
void run_fold(struct run_event *events, size_t count, struct run_state *ret_state);

/* The same with one event more, where that can be told from the state alone: most events come in
 * order and are no requests. False, and nothing is done, where it cannot. */
bool run_fold_add(struct run_state *state, const struct run_event *event);

/* Whether both say the same of the run, seq and last_seq apart. What only events have (run_id,
 * resource, message, event_id, detail, requests, step, by) is not looked at. */
bool run_state_is_same(const struct run_state *a, const struct run_state *b);

#endif

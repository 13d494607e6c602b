/* What Port is told of an execution that has ended: its entities first, for they can be tied to a
 * run only while that goes on, then the status. */
#ifndef PORTLOG_RECORD_RUN_CALLS_H
#define PORTLOG_RECORD_RUN_CALLS_H

#include "action/rule.h"
#include "event/local_execution.h"
#include "net/port_report.h"

struct run_calls {
	struct port_call *items;
	size_t count;
};
void run_calls_release(struct run_calls *calls);

struct run_ending {
	struct span run_id; /* absent: it was no run's */
	bool asked;         /* the run waits for its execution's end */
	bool succeeded;
	struct span reason; /* why not; absent where it did */
	struct span
		output; /* JSON object: what a workflow's node gives to the next; may be absent */
};

/* Without a rule's report: where a run waits, its status, and the reason as its summary. */
void run_calls_plain(const struct run_ending *ending, struct run_calls *calls);
/* In place of a status that Port refused: without what it may have refused it for, which the
 * summary then says. False: there is nothing more to leave out. */
bool run_call_plainer(
	struct span run_id, struct span body, const char *why, struct port_call *ret_call);
/* By the rule's `report`, filled from context (.body, .request, .response). False: it could not be
 * filled, and calls are as without it. */
bool run_calls_reported(const struct run_ending *ending, const struct rule *rule,
	const struct template_context *context, struct run_calls *calls, struct buf *warnings,
	struct error *err);

#endif

/* What a person wants of an execution, by the control socket. */
#include <inttypes.h>
#include <stdlib.h>

#include "record/executor_state.h"

static void write_request(
	struct executor *ex, enum local_what what, const struct executor_request *request)
{
	struct buf text = { 0 };
	const struct local_request record = { request->id, request->reason, request->by };
	local_request_write(what, &record, &text);
	executor_write(ex, &text);
}

/* True: it is recorded. */
static bool keep(struct executor *ex, struct error *err)
{
	struct error why;
	if (executor_flush(ex, &why))
		return true;
	if (why.transient)
		return error_set(
			err, ERROR_STORE, "it is done as soon as it can be recorded: %s", why.text);
	*err = why;
	return false;
}

static const char *again_ended(const struct owed_execution *owed)
{
	if (owed->state == EXECUTION_SUCCEEDED)
		return "it has succeeded";
	if (owed->state == EXECUTION_SKIPPED)
		return "it was skipped";
	return owed->state == EXECUTION_INTERRUPTED && gate_another_may_have(owed->reason)
		       ? "another recorder may have executed it"
		       : NULL;
}

/* Whether it may be done for somebody who does not say that it may have been done, or was not to
 * be. */
static bool check_again(
	struct executor *ex, const struct executor_request *request, struct error *err)
{
	const struct execution *e = execution_find(ex, request->id);
	struct owed_execution owed;
	struct buf storage = { 0 };
	const char *why = NULL;
	bool found = true;
	if (e)
		why = e->is_open ? NULL : "another recorder may have it";
	else if (!owed_execution(ex->store, request->id, &owed, &storage, &found, err))
		return false;
	else if (found)
		why = again_ended(&owed);
	else
		error_set(err, ERROR_NEGATIVE, "there is no execution %" PRId64, request->id);
	buf_free(&storage);
	if (why && !request->again)
		return error_set(
			err, ERROR_NEGATIVE, "%s; --again has it executed all the same", why);
	return found;
}

bool executor_retry(struct executor *ex, const struct executor_request *request, struct error *err)
{
	if (!check_again(ex, request, err))
		return false;
	struct execution *e = execution_load(ex, request->id);
	if (!e) {
		*err = ex->error;
		return false;
	}
	if (e->work)
		return error_set(
			err, ERROR_NEGATIVE, "execution %" PRId64 " is running", request->id);
	if (e->is_open && !scheduler_remove(ex->scheduler, LANE_RUN, e->id))
		scheduler_remove(ex->scheduler, LANE_DECIDE, e->id);
	if (!e->is_open) {
		e->is_open = true;
		ex->held--;
	}
	e->asked = true;
	e->due_ms = 0;
	free(e->cancelled);
	e->cancelled = NULL;
	write_request(ex, LOCAL_RETRY, request);
	run_queue(ex, e);
	if (!keep(ex, err))
		return false;
	return execution_find(ex, request->id) ||
	       error_set(err, ERROR_NEGATIVE, "its rule is gone: it is skipped");
}

bool executor_cancel(struct executor *ex, const struct executor_request *request, struct error *err)
{
	struct execution *e = execution_find(ex, request->id);
	if (!e)
		return error_set(err, ERROR_NEGATIVE,
			"execution %" PRId64 " is not open: there is nothing to cancel",
			request->id);
	write_request(ex, LOCAL_CANCEL, request);
	free(e->cancelled);
	e->cancelled = execution_cancelled_text(request->reason, request->by);
	if (e->work) {
		atomic_store(&e->work->work.stop, true);
		return keep(ex, err);
	}
	if (e->is_open && !scheduler_remove(ex->scheduler, LANE_RUN, e->id))
		scheduler_remove(ex->scheduler, LANE_DECIDE, e->id);
	run_end(ex, e, EXECUTION_CANCELLED, e->cancelled, TOLD_NOW);
	return keep(ex, err);
}

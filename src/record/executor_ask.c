/* What a person wants of an execution, by the control socket. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "record/executor_state.h"

static struct execution *find(struct executor *ex, int64_t id, struct error *err)
{
	struct execution *e = execution_load(ex, id);
	if (!e)
		error_set(err, ERROR_NEGATIVE, "there is no execution %" PRId64, id);
	return e;
}

static void write_request(
	struct executor *ex, enum local_what what, int64_t id, struct span reason, struct span by)
{
	struct buf text = { 0 };
	const struct local_request request = { id, reason, by };
	local_request_write(what, &request, &text);
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

bool executor_retry(
	struct executor *ex, int64_t id, struct span reason, struct span by, struct error *err)
{
	struct execution *e = find(ex, id, err);
	if (!e)
		return false;
	if (e->work)
		return error_set(err, ERROR_NEGATIVE, "execution %" PRId64 " is running", id);
	if (e->is_open && !scheduler_remove(ex->scheduler, LANE_RUN, id))
		scheduler_remove(ex->scheduler, LANE_DECIDE, id);
	if (!e->is_open) {
		e->is_open = true;
		ex->held--;
	}
	e->asked = true;
	e->due_ms = 0;
	write_request(ex, LOCAL_RETRY, id, reason, by);
	run_queue(ex, e);
	return keep(ex, err);
}

bool executor_cancel(
	struct executor *ex, int64_t id, struct span reason, struct span by, struct error *err)
{
	struct execution *e = execution_find(ex, id);
	if (!e)
		return error_set(err, ERROR_NEGATIVE,
			"execution %" PRId64 " is not open: there is nothing to cancel", id);
	write_request(ex, LOCAL_CANCEL, id, reason, by);
	free(e->cancelled);
	e->cancelled = execution_cancelled_text(reason, by);
	if (e->work) {
		atomic_store(&e->work->work.stop, true);
		return keep(ex, err);
	}
	if (e->is_open && !scheduler_remove(ex->scheduler, LANE_RUN, id))
		scheduler_remove(ex->scheduler, LANE_DECIDE, id);
	char *text = xstrdup(e->cancelled);
	run_end(ex, e, EXECUTION_CANCELLED, text, TOLD_NOW);
	free(text);
	return keep(ex, err);
}

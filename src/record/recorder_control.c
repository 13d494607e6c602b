/* What the recorder is asked over the control socket: how it is, and to do an execution again or to
 * end one. */
#include "base/json_scan.h"
#include "base/json_write.h"
#include "event/local_execution.h"
#include "record/recorder_state.h"
#include "record/status.h"
#include "store/owed.h"

void recorder_draining_text(const struct recorder *r, struct buf *out)
{
	size_t count = executor_running(r->executor);
	buf_addf(out, "stopping; waiting for %zu execution%s", count, count == 1 ? "" : "s");
	if (count == 0)
		buf_add_text(out, ", which Port is being told of");
}

static void write_status(struct recorder *r, struct buf *out)
{
	struct buf draining = { 0 };
	if (r->drain_ms)
		recorder_draining_text(r, &draining);
	const struct recorder_status status = { .started_ms = r->started_ms,
		.rate = r->rate,
		.group = r->connection.group,
		.others = &r->others,
		.trouble = r->drain_ms         ? buf_text(&draining)
			   : r->unreachable_ms ? "no broker can be reached"
			   : !r->consumer      ? "waiting for Kafka's login from Port"
					       : NULL };
	status_write(&status, &r->intake, out);
	buf_free(&draining);
}

/* {"ask":"retry"|"cancel","id":…,"reason":…,"by":…,"again":true}; "run" in place of "id" is its
 * newest. */
static bool read_request(struct recorder *r, const struct json_doc *doc, struct arena *texts,
	struct executor_request *ret_request, struct error *err)
{
	struct span run_id = local_text(doc, "run", SIZE_MAX, texts);
	ret_request->reason = local_text(doc, "reason", LOCAL_REASON_MOST, texts);
	ret_request->by = local_text(doc, "by", LOCAL_NAME_MOST, texts);
	ret_request->again =
		json_kind_of(doc, json_member(doc, 0, span_of("again"))) == JSON_KIND_TRUE;
	if (!r->executor)
		return error_set(err, ERROR_NEGATIVE, "the recorder executes nothing");
	if (ret_request->reason.length == 0)
		return error_set(err, ERROR_USAGE, "a reason is wanted");
	if (!run_id.data) {
		if (local_int(doc, "id", 1, INT64_MAX, &ret_request->id))
			return true;
		return error_set(err, ERROR_USAGE, "the id of an execution is wanted");
	}
	if (!owed_execution_of_run(r->store, run_id, &ret_request->id, err))
		return false;
	if (ret_request->id == 0)
		return error_set(err, ERROR_NEGATIVE, "the run has no execution");
	return true;
}

typedef bool request_do(
	struct executor *executor, const struct executor_request *request, struct error *err);

static void answer_request(
	struct recorder *r, const struct json_doc *doc, request_do *ask, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct arena texts = { 0 };
	struct executor_request request = { 0 };
	struct error err;
	bool ok = read_request(r, doc, &texts, &request, &err) && ask(r->executor, &request, &err);
	json_object_start(&w);
	if (ok)
		json_member_bool(&w, "ok", true);
	else
		json_member_text(&w, "error", err.text);
	json_object_end(&w);
	arena_free(&texts);
}

void recorder_answer(void *data, struct span line, struct buf *out)
{
	struct recorder *r = data;
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	struct span what = { 0 };
	if (json_scan(&doc, line.data, line.length) == JSON_OK)
		what = json_text(&doc, json_member(&doc, 0, span_of("ask")), &scratch);
	if (span_is(what, "status")) {
		write_status(r, out);
	} else if (span_is(what, "retry") || span_is(what, "cancel")) {
		answer_request(
			r, &doc, span_is(what, "retry") ? executor_retry : executor_cancel, out);
	} else {
		struct json_writer w = { .out = out };
		json_object_start(&w);
		json_member_text(&w, "error", "what can be asked is: status, retry, cancel");
		json_object_end(&w);
	}
	buf_free(&scratch);
	json_doc_release(&doc);
}

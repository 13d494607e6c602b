#include "record/report_work.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "event/local_report.h"
#include "net/port_report.h"

/* False: it has ended, or Port did not tell. */
static bool is_open(struct report_work *w)
{
	struct port_call call;
	struct buf status = { 0 };
	port_call_run(span_of(w->run_id), &call);
	w->answered = port_api_report(
		w->api, call.method, buf_text(&call.path), span_of(NULL), &w->answer, &w->error);
	port_call_release(&call);
	if (!w->answered || w->answer.verdict != PORT_SENT)
		return false;
	port_run_status(buf_span(&w->answer.body), &status);
	struct span word = buf_span(&status);
	w->not_open = span_is(word, "SUCCESS") || span_is(word, "FAILURE") ||
		      span_is(word, "FAILED") || span_is(word, "CANCELLED");
	buf_free(&status);
	if (!w->not_open)
		port_answer_release(&w->answer);
	return !w->not_open;
}

static void send_report(struct work *work)
{
	struct report_work *w = (struct report_work *)work;
	if (w->if_open && !is_open(w))
		return;
	w->answered = port_api_report(w->api, w->method, w->path,
		w->body.length > 0 ? buf_span(&w->body) : span_of(NULL), &w->answer, &w->error);
}

/* It was longer than is read. */
static bool has_lost_its_body(const struct json_doc *doc, const struct local_report *owed)
{
	return !owed->body.data && !json_is_nothing(doc, json_member(doc, 0, span_of("body")));
}

struct report_work *report_work_new(struct port_api *api, int64_t report, struct span value)
{
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	struct local_report owed;
	struct report_work *w = NULL;
	if (json_scan(&doc, value.data, value.length) == JSON_OK &&
		local_report_read(&doc, &texts, &owed) && !has_lost_its_body(&doc, &owed)) {
		w = xcalloc(1, sizeof(*w));
		w->work.run = send_report;
		w->api = api;
		w->report = report;
		w->run_id = span_dup(owed.run_id);
		w->method = span_dup(owed.method);
		w->path = span_dup(owed.path);
		w->is_status = span_is(owed.report, "status");
		w->if_open = owed.if_open;
		buf_add_span(&w->body, owed.body);
	}
	arena_free(&texts);
	json_doc_release(&doc);
	return w;
}

void report_work_free(struct report_work *w)
{
	if (!w)
		return;
	port_answer_release(&w->answer);
	buf_free(&w->body);
	free(w->run_id);
	free(w->method);
	free(w->path);
	free(w);
}

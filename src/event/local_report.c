#include "event/local_report.h"

#include "base/json_write.h"

void local_report_write(const struct local_report *report, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_text(&w, "what", local_what_word(LOCAL_REPORT_OWED));
	json_key(&w, "execution");
	if (report->execution > 0)
		json_int_value(&w, report->execution);
	else
		json_null_value(&w);
	json_member_span(&w, "run_id", report->run_id);
	json_member_span(&w, "report", report->report);
	json_member_span(&w, "method", report->method);
	json_member_span(&w, "path", report->path);
	json_key(&w, "body");
	json_raw_value(&w, report->body);
	if (report->if_open)
		json_member_bool(&w, "if_open", true);
	if (report->not_before_ms > 0)
		json_member_int(&w, "not_before", report->not_before_ms);
	json_object_end(&w);
}

void local_report_end_write(
	enum local_what what, const struct local_report_end *end, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_text(&w, "what", local_what_word(what));
	json_member_int(&w, "report", end->report);
	if (end->attempt > 0)
		json_member_int(&w, "attempt", end->attempt);
	if (end->http_status > 0)
		json_member_int(&w, "http_status", end->http_status);
	if (end->answer.data)
		json_member_span(&w, "answer", end->answer);
	json_object_end(&w);
}

static struct span read_body(const struct json_doc *doc)
{
	json_index at = json_member(doc, 0, span_of("body"));
	struct span body = json_raw(doc, at);
	return json_is_nothing(doc, at) || body.length > LOCAL_BODY_MOST ? (struct span){ 0 }
									 : body;
}

bool local_report_read(
	const struct json_doc *doc, struct arena *texts, struct local_report *ret_report)
{
	struct local_report report = { .if_open = local_true(doc, "if_open") };
	if (!json_is_nothing(doc, json_member(doc, 0, span_of("execution"))) &&
		!local_int(doc, "execution", 1, INT64_MAX, &report.execution))
		return false;
	if (!local_int(doc, "not_before", 1, INT64_MAX, &report.not_before_ms))
		report.not_before_ms = 0;
	report.run_id = local_text(doc, "run_id", SIZE_MAX, texts);
	report.report = local_text(doc, "report", LOCAL_NAME_MOST, texts);
	report.method = local_text(doc, "method", LOCAL_NAME_MOST, texts);
	report.path = local_text(doc, "path", SIZE_MAX, texts);
	report.body = read_body(doc);
	*ret_report = report;
	return report.report.data != NULL;
}

bool local_report_end_read(
	const struct json_doc *doc, struct arena *texts, struct local_report_end *ret_end)
{
	struct local_report_end end = { 0 };
	int64_t number;
	if (!local_int(doc, "report", 1, INT64_MAX, &end.report))
		return false;
	if (local_int(doc, "attempt", 1, LOCAL_ATTEMPTS_MOST, &number))
		end.attempt = (int)number;
	if (local_int(doc, "http_status", 1, INT32_MAX, &number))
		end.http_status = (int)number;
	end.answer = local_text(doc, "answer", LOCAL_ANSWER_MOST, texts);
	*ret_end = end;
	return true;
}

/* A member of the body; absent where it is no text. */
static struct span body_text(
	const struct json_doc *doc, json_index body, const char *name, struct arena *texts)
{
	struct buf scratch = { 0 };
	json_index at = json_member(doc, body, span_of(name));
	struct span text = { 0 };
	if (json_kind_of(doc, at) == JSON_KIND_STRING)
		text = arena_copy(texts, json_text(doc, at, &scratch));
	buf_free(&scratch);
	return text;
}

bool local_final_read(
	const struct json_doc *doc, struct arena *texts, struct local_final *ret_final)
{
	static const struct {
		const char *member;
		const char *word;
		const char *status;
	} rows[] = {
		{ "status", "SUCCESS", "SUCCESS" },
		{ "status", "FAILURE", "FAILURE" },
		{ "status", "CANCELLED", "CANCELLED" },
		{ "terminationStatus", "SUCCESS", "SUCCESS" }, /* of a log line */
		{ "terminationStatus", "FAILURE", "FAILURE" },
		{ "result", "SUCCESS", "SUCCESS" }, /* of a workflow's node */
		{ "result", "FAILED", "FAILURE" },
		{ "result", "CANCELLED", "CANCELLED" },
	};
	json_index body = json_member(doc, 0, span_of("body"));
	struct span report = local_text(doc, "report", LOCAL_NAME_MOST, texts);
	bool of_run =
		span_is(report, "status") || span_is(report, "log") || span_is(report, "node");
	if (!of_run || json_kind_of(doc, body) != JSON_KIND_OBJECT)
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span told = body_text(doc, body, rows[i].member, texts);
		if (!span_is(told, rows[i].word))
			continue;
		*ret_final = (struct local_final){
			.status = span_of(rows[i].status),
			.port_status = told,
			.status_label = body_text(doc, body, "statusLabel", texts),
			.summary = body_text(doc, body, "summary", texts),
			.external_run_id = body_text(doc, body, "externalRunId", texts),
		};
		return true;
	}
	return false;
}

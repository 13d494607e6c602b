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

#include "net/port_report.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "net/http_url.h"

void port_call_release(struct port_call *call)
{
	buf_free(&call->path);
	buf_free(&call->body);
	*call = (struct port_call){ 0 };
}

bool port_run_is_node(struct span run_id)
{
	return run_id.length > 5 && memcmp(run_id.data, "wfnr_", 5) == 0;
}

static struct port_call begin(
	const char *what, const char *method, struct span run_id, const char *below)
{
	struct port_call call = { .what = what, .method = method };
	buf_add_text(&call.path,
		port_run_is_node(run_id) ? "/v1/workflows/nodes/runs/" : "/v1/actions/runs/");
	http_percent_encode(run_id, &call.path);
	buf_add_text(&call.path, below);
	return call;
}

static void text_member(struct json_writer *w, const char *name, struct span text)
{
	if (text.data)
		json_member_span(w, name, text);
}

static void raw_member(struct json_writer *w, const char *name, struct span json)
{
	if (!json.data)
		return;
	json_key(w, name);
	json_raw_value(w, json);
}

/* A node knows links, an array, and its output. */
static void node_members(struct json_writer *w, const struct port_run_report *report)
{
	bool ended = report->status.data != NULL;
	json_member_text(w, "status", ended ? "COMPLETED" : "IN_PROGRESS");
	if (ended)
		json_member_text(
			w, "result", span_is(report->status, "SUCCESS") ? "SUCCESS" : "FAILED");
	raw_member(w, "output", report->output);
	if (!report->link.data)
		return;
	bool array = report->link.length > 0 && report->link.data[0] == '[';
	json_key(w, "links");
	if (!array)
		json_array_start(w);
	json_raw_value(w, report->link);
	if (!array)
		json_array_end(w);
}

void port_call_status(
	struct span run_id, const struct port_run_report *report, struct port_call *ret_call)
{
	struct port_call call = begin("status", "PATCH", run_id, "");
	struct json_writer w = { .out = &call.body };
	json_object_start(&w);
	if (port_run_is_node(run_id)) {
		node_members(&w, report);
	} else {
		text_member(&w, "status", report->status);
		text_member(&w, "statusLabel", report->status_label);
		raw_member(&w, "link", report->link);
		text_member(&w, "summary", report->summary);
		text_member(&w, "externalRunId", report->external_run_id);
	}
	json_object_end(&w);
	*ret_call = call;
}

void port_call_log(struct span run_id, struct span message, struct span termination,
	struct span status_label, struct port_call *ret_call)
{
	struct port_call call = begin("log", "POST", run_id, "/logs");
	struct json_writer w = { .out = &call.body };
	json_object_start(&w);
	if (port_run_is_node(run_id)) {
		json_key(&w, "logs");
		json_array_start(&w);
		json_object_start(&w);
		json_member_text(&w, "level", span_is(termination, "FAILURE") ? "ERROR" : "INFO");
		json_member_span(&w, "message", message);
		json_object_end(&w);
		json_array_end(&w);
	} else {
		json_member_span(&w, "message", message);
		text_member(&w, "terminationStatus", termination);
		text_member(&w, "statusLabel", status_label);
	}
	json_object_end(&w);
	*ret_call = call;
}

void port_call_response(struct span run_id, struct span response, struct port_call *ret_call)
{
	struct port_call call = begin("response", "PATCH", run_id, "/response");
	struct json_writer w = { .out = &call.body };
	json_object_start(&w);
	json_key(&w, "response");
	json_raw_value(&w, response);
	json_object_end(&w);
	*ret_call = call;
}

void port_call_entity(
	struct span run_id, const struct port_entity *entity, struct port_call *ret_call)
{
	struct port_call call = { .what = "entity", .method = "POST" };
	struct json_writer w = { .out = &call.body };
	buf_add_text(&call.path, "/v1/blueprints/");
	http_percent_encode(entity->blueprint, &call.path);
	buf_addf(&call.path, "/entities?upsert=%s", entity->upsert ? "true" : "false");
	if (entity->merge)
		buf_add_text(&call.path, "&merge=true");
	if (run_id.data) {
		buf_add_text(&call.path, "&run_id=");
		http_percent_encode(run_id, &call.path);
	}
	json_object_start(&w);
	raw_member(&w, "identifier", entity->identifier);
	text_member(&w, "title", entity->title);
	text_member(&w, "icon", entity->icon);
	raw_member(&w, "team", entity->team);
	raw_member(&w, "properties", entity->properties);
	raw_member(&w, "relations", entity->relations);
	json_object_end(&w);
	*ret_call = call;
}

void port_call_run(struct span run_id, struct port_call *ret_call)
{
	*ret_call = begin("run", "GET", run_id, port_run_is_node(run_id) ? "" : "?version=v2");
}

bool port_run_status(struct span answer, struct buf *ret_status)
{
	static const char *const paths[] = { ".nodeRun.result", ".nodeRun.status", ".run.result",
		".run.status" };
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	struct span status = { 0 };
	if (json_scan(&doc, answer.data, answer.length) == JSON_OK) {
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !status.data; i++)
			status = json_text(&doc, json_path(&doc, 0, paths[i]), &scratch);
	}
	if (status.data)
		buf_add_span(ret_status, status);
	buf_free(&scratch);
	json_doc_release(&doc);
	return status.data != NULL;
}

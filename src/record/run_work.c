#include "record/run_work.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_write.h"
#include "base/xalloc.h"

struct run_work *run_work_new(const struct run_tools *tools, struct buf *value, struct span headers,
	struct span topic, int64_t seq, int64_t timestamp_ms, uint32_t idx)
{
	struct run_work *w = xcalloc(1, sizeof(*w));
	w->tools = tools;
	w->value = *value;
	*value = (struct buf){ 0 };
	record_headers_read(headers, &w->header_texts, &w->headers, &w->header_count);
	w->topic = span_dup(topic);
	w->seq = seq;
	w->timestamp_ms = timestamp_ms;
	w->result.exit_code = -1;
	pthread_mutex_init(&w->mutex, NULL);
	const struct record record = { .source = SOURCE_KAFKA,
		.topic = span_of(w->topic),
		.headers = w->headers,
		.header_count = w->header_count,
		.timestamp_ms = timestamp_ms,
		.timestamp_type = TIMESTAMP_CREATE,
		.value = buf_span(&w->value) };
	decode_record(&tools->decoder, &record, &w->events);
	w->event = idx < w->events.count ? &w->events.items[idx] : NULL;
	return w;
}

void run_work_free(struct run_work *w)
{
	if (!w)
		return;
	events_release(&w->events);
	action_result_release(&w->result);
	run_calls_release(&w->calls);
	buf_free(&w->value);
	buf_free(&w->header_texts);
	free(w->headers);
	buf_free(&w->key);
	buf_free(&w->warnings);
	buf_free(&w->lines);
	pthread_mutex_destroy(&w->mutex);
	free(w->candidates);
	free(w->topic);
	free(w);
}

void run_work_lines(struct run_work *w, bool all, struct buf *out)
{
	struct buf lines;
	pthread_mutex_lock(&w->mutex);
	lines = w->lines;
	w->lines = (struct buf){ 0 };
	size_t begun = all ? 0 : mask_begun(&w->tools->mask, buf_span(&lines));
	if (begun > 0) {
		lines.length -= begun;
		buf_add(&w->lines, lines.data + lines.length, begun);
	}
	pthread_mutex_unlock(&w->mutex);
	mask_text(&w->tools->mask, buf_span(&lines), out);
	buf_free(&lines);
}

static void tell(void *data, struct span lines)
{
	struct run_work *w = data;
	pthread_mutex_lock(&w->mutex);
	buf_add_span(&w->lines, lines);
	pthread_mutex_unlock(&w->mutex);
}

/* What templates are filled from; the event's text and document live with it. */
struct filling {
	struct buf text;
	struct json_doc event;
	struct template_context context;
};

static void begin_filling(const struct run_work *w, struct filling *f)
{
	const struct event *event = w->event;
	rule_event_json(event, buf_span(&w->value), span_of(w->topic),
		event->has_time ? event->time_ms : w->timestamp_ms, w->seq, &f->text);
	json_scan(&f->event, f->text.data, f->text.length);
	f->context = (struct template_context){ &w->events.doc, &f->event, &w->tools->secrets,
		w->tools->jq };
}

static void end_filling(struct filling *f)
{
	json_doc_release(&f->event);
	buf_free(&f->text);
}

static void mask_in_place(const struct mask *mask, struct buf *text)
{
	struct buf masked = { 0 };
	mask_text(mask, buf_span(text), &masked);
	buf_free(text);
	*text = masked;
}

static void mask_json_in_place(const struct mask *mask, struct buf *json)
{
	struct buf masked = { 0 };
	mask_json(mask, buf_span(json), &masked);
	buf_free(json);
	*json = masked;
}

/* jq's words may quote what it was given. */
static void mask_words(struct run_work *w)
{
	mask_in_place(&w->tools->mask, &w->warnings);
	if (!w->ok)
		mask_error(&w->tools->mask, &w->error);
}

enum { SLOW_MS = 100 };

static bool is_not_there(const struct error *err)
{
	return err->kind == ERROR_STORE && err->transient;
}

static void decide(struct work *work)
{
	struct run_work *w = (struct run_work *)work;
	struct filling f = { 0 };
	bool holds = w->has_begun;
	w->began = true;
	begin_filling(w, &f);
	w->ok = true;
	w->rule = holds ? w->candidates[0] : NULL;
	for (size_t i = 0; i < w->candidate_count && w->ok && !holds; i++) {
		int64_t asked_ms = clock_monotonic_ms();
		w->rule = w->candidates[i];
		w->ok = rule_when(w->rule, &f.context, &holds, &w->warnings, &w->error);
		if (clock_monotonic_ms() - asked_ms > SLOW_MS)
			w->slow = w->rule;
	}
	if (w->ok && !holds)
		w->rule = NULL;
	if (w->ok && w->rule)
		w->ok = rule_fill_key(
			w->rule, &f.context, &w->has_key, &w->key, &w->warnings, &w->error);
	w->no_jq = !w->ok && is_not_there(&w->error);
	end_filling(&f);
	mask_words(w);
}

static void mask_result(const struct mask *mask, struct action_result *result)
{
	struct buf reason = { 0 };
	if (result->reason) {
		mask_text(mask, span_of(result->reason), &reason);
		free(result->reason);
		result->reason = buf_take(&reason);
	}
	mask_in_place(mask, &result->output);
	mask_json_in_place(mask, &result->request);
	mask_json_in_place(mask, &result->response);
}

/* {"body":…,"request":…,"response":…}: what reports are filled from. */
static void write_outcome(const struct run_work *w, struct buf *out)
{
	struct json_writer json = { .out = out };
	const struct buf *request = &w->result.request, *response = &w->result.response;
	json_object_start(&json);
	json_key(&json, "body");
	json_raw_value(&json, buf_span(&w->value));
	json_key(&json, "request");
	json_raw_value(&json, request->length > 0 ? buf_span(request) : span_of(NULL));
	json_key(&json, "response");
	json_raw_value(&json, response->length > 0 ? buf_span(response) : span_of(NULL));
	json_object_end(&json);
}

/* {"response":{"status":…,"data":…}}: what port-agent gives as a node's output. */
static void write_node_output(const struct run_work *w, struct buf *out)
{
	struct json_doc doc = { 0 };
	struct json_writer json = { .out = out };
	if (json_scan(&doc, w->result.response.data, w->result.response.length) == JSON_OK) {
		json_index status = json_member(&doc, 0, span_of("statusCode"));
		json_index data = json_member(&doc, 0, span_of("json"));
		if (status == JSON_ABSENT)
			status = json_member(&doc, 0, span_of("exitCode"));
		if (json_is_nothing(&doc, data))
			data = json_member(&doc, 0, span_of("text"));
		json_object_start(&json);
		json_key(&json, "response");
		json_object_start(&json);
		json_key(&json, "status");
		json_raw_value(&json, json_raw(&doc, status));
		json_key(&json, "data");
		json_raw_value(&json, json_raw(&doc, data));
		json_object_end(&json);
		json_object_end(&json);
	}
	json_doc_release(&doc);
}

static void make_calls(struct run_work *w, const struct filling *f)
{
	struct buf text = { 0 }, output = { 0 };
	struct json_doc outcome = { 0 };
	struct template_context context = f->context;
	struct error err;
	bool succeeded = w->verdict.state == EXECUTION_SUCCEEDED;
	if (succeeded && port_run_is_node(w->event->run_id))
		write_node_output(w, &output);
	const struct run_ending ending = { .run_id = w->event->run_id,
		.asked = w->event->requests && w->event->run_id.data,
		.succeeded = succeeded,
		.reason = span_of(w->result.reason),
		.output = output.length > 0 ? buf_span(&output) : span_of(NULL) };
	write_outcome(w, &text);
	json_scan(&outcome, text.data, text.length);
	context.message = &outcome;
	if (!run_calls_reported(&ending, w->rule, &context, &w->calls, &w->warnings, &err))
		buf_addf(&w->warnings, "report: %s\n", err.text);
	/* A report may name a secret, too. */
	for (size_t i = 0; i < w->calls.count; i++)
		mask_json_in_place(&w->tools->mask, &w->calls.items[i].body);
	json_doc_release(&outcome);
	buf_free(&output);
	buf_free(&text);
}

static void run_kind(struct run_work *w, struct span request)
{
	const struct action_job job = { .execution = w->execution,
		.attempt = w->attempt,
		.event = { w->event->run_id, w->event->action, w->event->blueprint,
			w->event->entity },
		.message = buf_span(&w->value),
		.request = request,
		.secret = span_of(w->tools->client_secret),
		.timeout_ms = rule_settings_of(w->rule)->timeout,
		.stop = &w->work.stop,
		.tell = tell,
		.data = w };
	w->ok = action_kind_of(span_of(rule_kind(w->rule)))->run(&job, &w->result, &w->error);
}

static void attempt(struct work *work)
{
	struct run_work *w = (struct run_work *)work;
	struct filling f = { 0 };
	struct buf request = { 0 };
	uint64_t random;
	w->began = true;
	begin_filling(w, &f);
	w->ok = rule_fill(w->rule, &f.context, &request, &w->warnings, &w->error);
	if (w->ok)
		run_kind(w, buf_span(&request));
	if (!w->ok) {
		w->result.outcome = ACTION_FAILED;
		w->result.not_begun = is_not_there(&w->error);
		w->result.hopeless = !w->result.not_begun;
		w->result.reason = xstrdup(w->error.text);
	}
	mask_result(&w->tools->mask, &w->result);
	random_bytes(&random, sizeof(random));
	w->verdict = verdict_of(&w->result, rule_settings_of(w->rule), w->attempt, random);
	bool ended = w->result.outcome != ACTION_STOPPED && w->verdict.state != EXECUTION_WAITING;
	if (ended) /* Port may become known until it is told */
		make_calls(w, &f);
	end_filling(&f);
	mask_words(w);
	buf_free(&request);
}

void run_work_prepare(struct run_work *w, enum run_task task)
{
	w->task = task;
	w->work.run = task == RUN_DECIDE ? decide : attempt;
}

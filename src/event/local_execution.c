#include "event/local_execution.h"

#include "base/json_write.h"

static const char *const states[] = {
	[EXECUTION_OWED] = "owed",
	[EXECUTION_RUNNING] = "running",
	[EXECUTION_WAITING] = "waiting",
	[EXECUTION_SUCCEEDED] = "succeeded",
	[EXECUTION_FAILED] = "failed",
	[EXECUTION_TIMED_OUT] = "timed_out",
	[EXECUTION_SKIPPED] = "skipped",
	[EXECUTION_INTERRUPTED] = "interrupted",
	[EXECUTION_CANCELLED] = "cancelled",
	[EXECUTION_VOID] = "void",
};

enum { STATE_COUNT = sizeof(states) / sizeof(states[0]) };

const char *execution_state_word(enum execution_state state)
{
	return (unsigned)state < STATE_COUNT ? states[state] : NULL;
}

bool execution_state_of(struct span word, enum execution_state *ret_state)
{
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		if (span_is(word, states[i])) {
			*ret_state = (enum execution_state)i;
			return true;
		}
	}
	return false;
}

static void add_text(struct json_writer *w, const char *name, struct span text)
{
	if (text.data)
		json_member_span(w, name, text);
}

static void add_rule(struct json_writer *w, const char *name, const struct local_rule *rule)
{
	json_member_span(w, name, rule->name);
	json_member_span(w, "digest", rule->digest);
	json_member_span(w, "kind", rule->kind);
}

void local_rules_write(const struct local_rule *rules, size_t count, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_array_start(&w);
	for (size_t i = 0; i < count; i++) {
		json_object_start(&w);
		add_rule(&w, "name", &rules[i]);
		json_object_end(&w);
	}
	json_array_end(&w);
}

static struct json_writer begin(enum local_what what, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_text(&w, "what", local_what_word(what));
	return w;
}

void local_owed_write(const struct local_owed *owed, struct buf *out)
{
	struct json_writer w = begin(LOCAL_EXECUTION_OWED, out);
	json_member_int(&w, "seq", (int64_t)owed->seq);
	json_member_int(&w, "idx", owed->idx);
	json_member_span(&w, "run_id", owed->run_id);
	if (owed->once)
		json_member_bool(&w, "once", true);
	json_key(&w, "rules");
	json_raw_value(&w, owed->rules);
	add_text(&w, "skipped", owed->skipped);
	json_object_end(&w);
}

void local_started_write(const struct local_started *started, struct buf *out)
{
	struct json_writer w = begin(LOCAL_EXECUTION_STARTED, out);
	json_member_int(&w, "execution", started->execution);
	json_member_int(&w, "attempt", started->attempt);
	add_rule(&w, "rule", &started->rule);
	if (started->changed)
		json_member_bool(&w, "changed", true);
	json_object_end(&w);
}

void local_ended_write(const struct local_ended *ended, struct buf *out)
{
	struct json_writer w = begin(LOCAL_EXECUTION_ENDED, out);
	json_member_int(&w, "execution", ended->execution);
	json_member_int(&w, "attempt", ended->attempt);
	json_member_text(&w, "state", execution_state_word(ended->state));
	add_text(&w, "reason", ended->reason);
	if (ended->exit_code >= 0)
		json_member_int(&w, "exit_code", ended->exit_code);
	if (ended->http_status > 0)
		json_member_int(&w, "http_status", ended->http_status);
	add_text(&w, "output", ended->output);
	if (ended->next_ms > 0)
		json_member_int(&w, "next", ended->next_ms);
	json_object_end(&w);
}

void local_request_write(enum local_what what, const struct local_request *request, struct buf *out)
{
	struct json_writer w = begin(what, out);
	json_member_int(&w, "execution", request->execution);
	json_member_span(&w, "reason", request->reason);
	json_member_span(&w, "by", request->by);
	json_object_end(&w);
}

static struct span text_of(const struct json_doc *doc, json_index at, struct arena *texts)
{
	struct buf decoded = { 0 };
	struct span text = arena_copy(texts, json_text(doc, at, &decoded));
	buf_free(&decoded);
	return text.length <= LOCAL_NAME_MOST ? text : (struct span){ 0 };
}

static bool read_candidate(
	const struct json_doc *doc, json_index at, struct arena *texts, struct local_rule *ret_rule)
{
	struct local_rule rule = { text_of(doc, json_member(doc, at, span_of("name")), texts),
		text_of(doc, json_member(doc, at, span_of("digest")), texts),
		text_of(doc, json_member(doc, at, span_of("kind")), texts) };
	*ret_rule = rule;
	return rule.name.data && rule.digest.data && rule.kind.data;
}

bool local_rules_read(
	struct span json, struct arena *texts, struct local_rule **ret_rules, size_t *ret_count)
{
	struct json_doc doc = { 0 };
	bool ok = json.data && json_scan(&doc, json.data, json.length) == JSON_OK &&
		  json_kind_of(&doc, 0) == JSON_KIND_ARRAY && doc.nodes[0].children > 0;
	if (ok) {
		size_t count = doc.nodes[0].children, i = 0;
		struct local_rule *rules = arena_alloc(texts, count * sizeof(*rules));
		for (json_index at = json_first(&doc, 0); ok && at != JSON_ABSENT;
			at = json_next(&doc, 0, at))
			ok = read_candidate(&doc, at, texts, &rules[i++]);
		if (ok) {
			*ret_rules = rules;
			*ret_count = count;
		}
	}
	json_doc_release(&doc);
	return ok;
}

static bool read_id(const struct json_doc *doc, int64_t *ret_id)
{
	return local_int(doc, "execution", 1, INT64_MAX, ret_id);
}

static bool read_attempt(const struct json_doc *doc, int64_t least, int *ret_attempt)
{
	int64_t attempt;
	if (!local_int(doc, "attempt", least, LOCAL_ATTEMPTS_MOST, &attempt))
		return false;
	*ret_attempt = (int)attempt;
	return true;
}

bool local_owed_read(const struct json_doc *doc, struct arena *texts, struct local_owed *ret_owed)
{
	int64_t seq, idx;
	if (!local_int(doc, "seq", 1, INT64_MAX, &seq) ||
		!local_int(doc, "idx", 0, UINT32_MAX, &idx))
		return false;
	*ret_owed = (struct local_owed){
		.seq = (uint64_t)seq,
		.idx = (uint32_t)idx,
		.run_id = local_text(doc, "run_id", SIZE_MAX, texts),
		.rules = json_raw(doc, json_member(doc, 0, span_of("rules"))),
		.once = local_true(doc, "once"),
		.skipped = local_text(doc, "skipped", LOCAL_REASON_MOST, texts),
	};
	return ret_owed->rules.data != NULL;
}

bool local_started_read(
	const struct json_doc *doc, struct arena *texts, struct local_started *ret_started)
{
	struct local_started started = { .changed = local_true(doc, "changed") };
	if (!read_id(doc, &started.execution) || !read_attempt(doc, 1, &started.attempt))
		return false;
	started.rule = (struct local_rule){
		local_text(doc, "rule", LOCAL_NAME_MOST, texts),
		local_text(doc, "digest", LOCAL_NAME_MOST, texts),
		local_text(doc, "kind", LOCAL_NAME_MOST, texts),
	};
	*ret_started = started;
	return started.rule.name.data && started.rule.digest.data && started.rule.kind.data;
}

bool local_ended_read(
	const struct json_doc *doc, struct arena *texts, struct local_ended *ret_ended)
{
	struct local_ended ended = { .exit_code = -1 };
	int64_t number;
	if (!read_id(doc, &ended.execution) || !read_attempt(doc, 0, &ended.attempt) ||
		!execution_state_of(
			local_text(doc, "state", LOCAL_NAME_MOST, texts), &ended.state) ||
		ended.state == EXECUTION_OWED || ended.state == EXECUTION_RUNNING)
		return false;
	if (local_int(doc, "exit_code", 0, INT32_MAX, &number))
		ended.exit_code = (int)number;
	if (local_int(doc, "http_status", 1, INT32_MAX, &number))
		ended.http_status = (int)number;
	if (local_int(doc, "next", 1, INT64_MAX, &number))
		ended.next_ms = number;
	ended.reason = local_text(doc, "reason", LOCAL_REASON_MOST, texts);
	ended.output = local_text(doc, "output", LOCAL_OUTPUT_MOST, texts);
	*ret_ended = ended;
	return true;
}

bool local_request_read(
	const struct json_doc *doc, struct arena *texts, struct local_request *ret_request)
{
	struct local_request request = { 0 };
	if (!read_id(doc, &request.execution))
		return false;
	request.reason = local_text(doc, "reason", LOCAL_REASON_MOST, texts);
	request.by = local_text(doc, "by", LOCAL_NAME_MOST, texts);
	*ret_request = request;
	return true;
}

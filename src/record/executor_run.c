/* An execution's way: which rule, an attempt, its end, another attempt. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "record/executor_state.h"

static void use_tools(struct execution *e, struct executor_tools *tools)
{
	if (tools)
		tools->users++;
	if (e->tools)
		e->tools->users--;
	e->tools = tools;
	e->rule = NULL;
}

uint64_t run_group(const struct rule *rule)
{
	return executor_key(span_of(rule_settings_of(rule)->name));
}

/* What was below the execution floor owed nothing by any rule. Who wants it nevertheless gets what
 * the rules say now. */
static void learn_rules(struct executor *ex, struct execution *e)
{
	const struct rules *rules = ex->tools->run.rules;
	const struct rule **found = xcalloc(rules_count(rules) + 1, sizeof(const struct rule *));
	struct local_rule *list = xcalloc(rules_count(rules) + 1, sizeof(*list));
	struct buf value = { 0 }, headers = { 0 }, names = { 0 }, text = { 0 };
	struct record record = { 0 };
	struct record_header *header_list = NULL;
	struct events events = { 0 };
	struct error err;
	size_t count = 0;
	if (owed_message(ex->store, e->seq, &value, &headers, &err)) {
		/* A run may stand in a header alone. */
		record_headers_read(buf_span(&headers), &names, &header_list, &record.header_count);
		record.headers = header_list;
		record.value = buf_span(&value);
		decode_record(&ex->tools->run.decoder, &record, &events);
		if (e->idx < events.count)
			count = rules_candidates(
				rules, &events.items[e->idx], span_of(e->topic), found);
	} else {
		executor_fail(ex, &err);
	}
	for (size_t i = 0; i < count; i++)
		list[i] = local_rule_of(found[i]);
	if (count > 0) {
		local_rules_write(list, count, &text);
		free(e->rules);
		e->rules = buf_take(&text);
	}
	events_release(&events);
	free(header_list);
	buf_free(&names);
	buf_free(&headers);
	buf_free(&value);
	free(list);
	free(found);
}

/* Of the rules that could be it, those that are still there; after an attempt that one alone. found
 * has room for rules_count(). */
static size_t find_candidates(
	const struct executor *ex, const struct execution *e, const struct rule **found)
{
	const struct rules *rules = ex->tools->run.rules;
	struct arena texts = { 0 };
	struct local_rule *list;
	size_t listed = 0, count = 0;
	if (e->last_rule) {
		found[0] = rules_find(rules, span_of(e->last_rule));
		return found[0] ? 1 : 0;
	}
	if (local_rules_read(span_of(e->rules), &texts, &list, &listed)) {
		for (size_t i = 0; i < listed && count < rules_count(rules); i++) {
			found[count] = rules_find(rules, list[i].name);
			count += found[count] != NULL;
		}
	}
	arena_free(&texts);
	return count;
}

static void add_job(struct executor *ex, const struct execution *e, enum lane lane, uint64_t key)
{
	const struct schedule_job job = { .id = e->id,
		.lane = lane,
		.group = lane == LANE_RUN ? run_group(e->rule) : 0,
		.key = key,
		/* Decided at once: only then does one that waits have its key. */
		.due_ms = lane == LANE_RUN ? e->due_ms : 0 };
	scheduler_add(ex->scheduler, &job);
}

void run_queue(struct executor *ex, struct execution *e)
{
	const struct rule **found =
		xcalloc(rules_count(ex->tools->run.rules) + 1, sizeof(const struct rule *));
	if (*e->rules == '\0')
		learn_rules(ex, e);
	if (ex->failed) { /* the store could not be read: nothing is decided */
		free(found);
		return;
	}
	size_t count = find_candidates(ex, e, found);
	use_tools(e, ex->tools);
	if (count == 0) {
		run_end(ex, e, EXECUTION_SKIPPED,
			*e->rules ? "its rule is gone" : "no rule matches it",
			*e->rules ? TOLD_NOW : TOLD_NEVER);
	} else if (count > 1 || (rule_has_when(found[0]) && !e->last_rule) ||
		   rule_settings_of(found[0])->key) {
		add_job(ex, e, LANE_DECIDE, 0);
	} else {
		e->rule = found[0];
		add_job(ex, e, LANE_RUN, 0);
	}
	free(found);
}

void run_queue_anew(struct executor *ex)
{
	/* From behind: what is ended leaves the list. */
	for (size_t i = ex->executions.count; i-- > 0;) {
		struct execution *e = ex->executions.items[i];
		if (e->is_open && (scheduler_remove(ex->scheduler, LANE_DECIDE, e->id) ||
					  scheduler_remove(ex->scheduler, LANE_RUN, e->id)))
			run_queue(ex, e);
	}
}

static void write_ended(struct executor *ex, const struct local_ended *ended)
{
	struct buf text = { 0 };
	local_ended_write(ended, &text);
	executor_write(ex, &text);
}

static void tell_end(
	struct executor *ex, const struct execution *e, const char *reason, int64_t told_ms)
{
	struct run_calls calls = { 0 };
	const struct run_ending ending = {
		.run_id = span_of(e->run_id), .asked = e->once, .reason = span_of(reason)
	};
	run_calls_plain(&ending, &calls);
	for (size_t i = 0; i < calls.count; i++)
		report_owe(ex, e->id, e->run_id, &calls.items[i], told_ms);
	run_calls_release(&calls);
}

void run_end(struct executor *ex, struct execution *e, enum execution_state state,
	const char *reason, int64_t told_ms)
{
	const struct local_ended ended = { .execution = e->id,
		.attempt = e->attempt,
		.state = state,
		.reason = span_of(reason),
		.exit_code = -1 };
	write_ended(ex, &ended);
	if (told_ms != TOLD_NEVER)
		tell_end(ex, e, reason, told_ms);
	use_tools(e, NULL);
	execution_forget(ex, e);
}

static bool is_too_old(const struct executor *ex, const struct execution *e)
{
	return !e->asked && e->attempt == 0 &&
	       e->timestamp_ms < e->created_ms - rules_execution(ex->tools->run.rules)->max_age;
}

/* By its place among the record's events, which another decoder may find otherwise. The id is known
 * up to its first NUL. */
static bool is_its_event(const struct execution *e, const struct event *event)
{
	size_t length = e->run_id ? strlen(e->run_id) : 0;
	return event->run_id.length >= length &&
	       (length == 0 || memcmp(event->run_id.data, e->run_id, length) == 0) &&
	       (!e->once || event->requests);
}

static struct run_work *load(struct executor *ex, const struct execution *e)
{
	struct buf value = { 0 }, headers = { 0 };
	struct run_work *w = NULL;
	struct error err;
	if (owed_message(ex->store, e->seq, &value, &headers, &err)) {
		w = run_work_new(&e->tools->run, &value, buf_span(&headers), span_of(e->topic),
			(int64_t)e->seq, e->timestamp_ms, e->idx);
		w->execution = e->id;
		if (w->event && !is_its_event(e, w->event))
			w->event = NULL;
	} else {
		executor_fail(ex, &err);
	}
	buf_free(&headers);
	buf_free(&value);
	return w;
}

static void give_decide(struct executor *ex, struct execution *e)
{
	struct run_work *w = e->work;
	w->candidates = xcalloc(rules_count(ex->tools->run.rules) + 1, sizeof(const struct rule *));
	w->candidate_count = find_candidates(ex, e, w->candidates);
	assert(w->candidate_count > 0); /* run_queue has seen them */
	w->has_begun = e->last_rule != NULL;
	run_work_prepare(w, RUN_DECIDE);
	workers_give(ex->workers[LANE_DECIDE], &w->work);
}

/* Against what it was when it became owed. */
static bool has_changed(const struct execution *e)
{
	struct arena texts = { 0 };
	struct local_rule *list;
	size_t count = 0;
	bool same = false;
	if (local_rules_read(span_of(e->rules), &texts, &list, &count))
		for (size_t i = 0; i < count; i++)
			same = same || span_is(list[i].digest, rule_digest(e->rule));
	arena_free(&texts);
	return !same;
}

static void begin_attempt(struct executor *ex, struct execution *e)
{
	struct buf text = { 0 };
	e->attempt++;
	e->began_ms = clock_monotonic_ms();
	free(e->last_rule);
	e->last_rule = xstrdup(rule_settings_of(e->rule)->name);
	e->work->attempt = e->attempt;
	e->work->rule = e->rule;
	run_work_prepare(e->work, RUN_ATTEMPT);
	const struct local_started started = { .execution = e->id,
		.attempt = e->attempt,
		.rule = { span_of(e->last_rule), span_of(rule_digest(e->rule)),
			span_of(rule_kind(e->rule)) },
		.changed = has_changed(e) };
	local_started_write(&started, &text);
	executor_write(ex, &text);
	if (ex->starting_count == ex->starting_capacity) {
		ex->starting_capacity = ex->starting_capacity ? 2 * ex->starting_capacity : 64;
		ex->starting = xreallocarray(
			ex->starting, ex->starting_capacity, sizeof(struct execution *));
	}
	ex->starting[ex->starting_count++] = e;
}

/* Why it must not start; NULL: it may. */
static const char *refusal(struct executor *ex, const struct execution *e, enum lane lane)
{
	if (is_too_old(ex, e))
		return "older than execution.max_age when it was recorded";
	if (!e->work->event)
		return "its record tells no such event any more";
	if (lane != LANE_RUN) /* which rule it is is not known yet */
		return NULL;
	enum rule_verdict verdict = rule_signature_verdict(e->rule, e->work->event->signature);
	if (verdict == RULE_MAY_WARN)
		log_event(ex->log, LOG_LEVEL_WARNING, "executed without a good signature",
			log_text("signature", signature_status_word(e->work->event->signature)),
			log_text("rule", rule_settings_of(e->rule)->name),
			log_varying(log_int("execution", e->id)));
	return verdict == RULE_MAY_NOT ? "its signature is not good" : NULL;
}

/* Other rules have come since its last attempt. */
static bool renew_rule(struct executor *ex, struct execution *e)
{
	use_tools(e, ex->tools);
	e->rule = rules_find(ex->tools->run.rules, span_of(e->last_rule));
	return e->rule != NULL;
}

enum {
	LAST_MS = 1, /* when decisions are due that come after all others, which are due at 0 */
	NO_JQ_MS = 1000,
};

/* One rule's jq must not hold up the decisions of all others. */
static bool comes_last(struct executor *ex, const struct execution *e)
{
	const struct rule **found =
		xcalloc(rules_count(ex->tools->run.rules) + 1, sizeof(const struct rule *));
	size_t count = ex->slow.count > 0 ? find_candidates(ex, e, found) : 0;
	bool slow = false;
	for (size_t i = 0; i < count && !slow; i++)
		slow = text_list_has(&ex->slow, rule_settings_of(found[i])->name);
	free(found);
	return slow;
}

void run_start(struct executor *ex, const struct schedule_job *job)
{
	struct execution *e = execution_find(ex, job->id);
	const char *why = NULL;
	if (job->lane == LANE_DECIDE && job->due_ms == 0 && comes_last(ex, e)) {
		scheduler_again(ex->scheduler, LANE_DECIDE, e->id, LAST_MS);
		return;
	}
	if (e->tools != ex->tools && !renew_rule(ex, e))
		why = "its rule is gone";
	else if (!(e->work = load(ex, e)))
		return;
	else
		why = refusal(ex, e, job->lane);
	if (why) {
		run_work_free(e->work);
		e->work = NULL;
		scheduler_ended(ex->scheduler, job->lane, job->id);
		run_end(ex, e, EXECUTION_SKIPPED, why, TOLD_NOW);
	} else if (job->lane == LANE_DECIDE) {
		give_decide(ex, e);
	} else {
		begin_attempt(ex, e);
	}
}

void run_give(struct executor *ex)
{
	if (ex->stopping) {
		run_give_up(ex);
		return;
	}
	ex->intake->seq_soon |= ex->starting_count > 0;
	for (size_t i = 0; i < ex->starting_count; i++)
		workers_give(ex->workers[LANE_RUN], &ex->starting[i]->work->work);
	ex->starting_count = 0;
}

static void log_warnings(struct executor *ex, const struct run_work *w, const struct rule *rule)
{
	struct span text = buf_span(&w->warnings);
	if (text.length == 0)
		return;
	text.length--; /* the last line feed */
	log_event(ex->log, LOG_LEVEL_WARNING, "a template could not be filled as written",
		log_text("rule", rule ? rule_settings_of(rule)->name : NULL),
		log_varying(log_int("execution", w->execution)), log_span("reason", text));
}

static void decided(struct executor *ex, struct execution *e, struct run_work *w)
{
	uint64_t key = w->has_key ? executor_key(buf_span(&w->key)) : 0;
	const char *slow = w->slow ? rule_settings_of(w->slow)->name : NULL;
	if (w->no_jq && !e->cancelled && e->tools == ex->tools) {
		log_event(ex->log, LOG_LEVEL_ERROR, "cannot decide which rule it is; trying again",
			log_text("reason", w->error.text));
		scheduler_again(ex->scheduler, LANE_DECIDE, e->id, clock_monotonic_ms() + NO_JQ_MS);
		return;
	}
	scheduler_ended(ex->scheduler, LANE_DECIDE, e->id);
	if (slow && e->tools == ex->tools && !text_list_has(&ex->slow, slow))
		text_list_add(&ex->slow, slow);
	if (e->cancelled) {
		run_end(ex, e, EXECUTION_CANCELLED, e->cancelled, TOLD_NOW);
	} else if (e->tools != ex->tools) {
		run_queue(ex, e); /* other rules have come meanwhile */
	} else if (!w->ok) {
		run_end(ex, e, EXECUTION_FAILED, w->error.text, TOLD_NOW);
	} else if (!w->rule && e->asked) {
		run_end(ex, e, EXECUTION_SKIPPED, "no rule's 'when' holds", TOLD_NOW);
	} else if (!w->rule) {
		run_end(ex, e, EXECUTION_VOID, NULL, TOLD_NEVER);
	} else {
		e->rule = w->rule;
		add_job(ex, e, LANE_RUN, key);
	}
}

/* A character of theirs may be six bytes of JSON ("\u0000"), and Port takes 1 MiB at once. */
enum { TOLD_AT_ONCE_BYTES = 128 * 1024 };

static size_t piece_of(struct span lines)
{
	if (lines.length <= TOLD_AT_ONCE_BYTES)
		return lines.length;
	size_t length = TOLD_AT_ONCE_BYTES;
	const char *end = memrchr(lines.data, '\n', length);
	if (end)
		return (size_t)(end + 1 - lines.data);
	for (int i = 0; i < 3 && (lines.data[length] & 0xc0) == 0x80; i++)
		length--; /* a character stays whole */
	return length;
}

static void tell_lines(struct executor *ex, struct execution *e, struct span lines)
{
	while (lines.length > 0 && e->once) {
		struct port_call call;
		size_t length = piece_of(lines);
		port_call_log(span_of(e->run_id), span_make(lines.data, length), span_of(NULL),
			span_of(NULL), &call);
		report_owe(ex, e->id, e->run_id, &call, 0);
		port_call_release(&call);
		lines = span_make(lines.data + length, lines.length - length);
	}
}

static void take_lines(struct executor *ex, struct execution *e, bool all)
{
	struct buf lines = { 0 };
	run_work_lines(e->work, all, &lines);
	tell_lines(ex, e, buf_span(&lines));
	buf_free(&lines);
}

void run_lines(struct executor *ex)
{
	for (size_t i = 0; i < ex->executions.count; i++) {
		struct execution *e = ex->executions.items[i];
		if (e->work)
			take_lines(ex, e, false);
	}
}

/* What became of an attempt that was told to stop, or never began. */
static struct verdict stopped_verdict(const struct execution *e, const struct run_work *w)
{
	if (!w->began || rule_settings_of(e->rule)->idempotent)
		return (struct verdict){ .state = EXECUTION_WAITING };
	return (struct verdict){ .state = EXECUTION_INTERRUPTED };
}

static void write_attempt(struct executor *ex, const struct execution *e, const struct run_work *w,
	struct verdict verdict, const char *reason)
{
	struct span output = buf_span(&w->result.output);
	const struct local_ended ended = { .execution = e->id,
		.attempt = e->attempt,
		.state = verdict.state,
		.reason = span_of(reason),
		.exit_code = w->result.exit_code,
		.http_status = w->result.http_status,
		.output = output.length > 0 ? output : span_of(NULL),
		.next_ms =
			verdict.state == EXECUTION_WAITING ? clock_now_ms() + verdict.wait_ms : 0 };
	write_ended(ex, &ended);
}

static void tell_another(
	struct executor *ex, struct execution *e, const char *reason, int64_t wait_ms)
{
	struct buf text = { 0 };
	buf_addf(&text, "attempt %d: %s; the next in %.1f s", e->attempt,
		reason ? reason : "did not begin", (double)wait_ms / 1000);
	tell_lines(ex, e, buf_span(&text));
	buf_free(&text);
}

static void attempted(struct executor *ex, struct execution *e, struct run_work *w)
{
	bool stopped = !w->began || w->result.outcome == ACTION_STOPPED;
	struct verdict verdict = stopped ? stopped_verdict(e, w) : w->verdict;
	const char *reason = w->result.reason;
	/* It may have failed just before it was to stop: there is no other attempt. */
	bool cancelled = e->cancelled && (stopped || verdict.state == EXECUTION_WAITING);
	if (cancelled) {
		verdict = (struct verdict){ .state = EXECUTION_CANCELLED };
		reason = e->cancelled;
	} else if (stopped) {
		reason = w->began ? "the recorder was told to stop"
				  : "the recorder was told to stop before it began";
	}
	write_attempt(ex, e, w, verdict, reason);
	log_event(ex->log, LOG_LEVEL_INFO, "executed",
		log_text("rule", rule_settings_of(e->rule)->name), log_int("execution", e->id),
		log_int("attempt", e->attempt),
		log_text("state", execution_state_word(verdict.state)));
	if (w->result.not_begun)
		log_event(ex->log, LOG_LEVEL_WARNING, "what is to be executed waits",
			log_text("reason", reason), log_varying(log_int("execution", e->id)));
	if (verdict.state == EXECUTION_WAITING) {
		e->due_ms = clock_monotonic_ms() + verdict.wait_ms;
		if (!ex->stopping)
			tell_another(ex, e, reason, verdict.wait_ms);
		scheduler_again(ex->scheduler, LANE_RUN, e->id, e->due_ms);
		return;
	}
	if (stopped || cancelled)
		tell_end(ex, e, reason, TOLD_NOW);
	for (size_t i = 0; i < w->calls.count; i++)
		report_owe(ex, e->id, e->run_id, &w->calls.items[i], 0);
	scheduler_ended(ex->scheduler, LANE_RUN, e->id);
	use_tools(e, NULL);
	execution_forget(ex, e);
}

static void take(struct executor *ex, struct run_work *w)
{
	struct execution *e = execution_find(ex, w->execution);
	log_warnings(ex, w, e->rule);
	if (w->task == RUN_ATTEMPT)
		take_lines(ex, e, true);
	e->work = NULL;
	if (w->task == RUN_ATTEMPT)
		attempted(ex, e, w);
	else if (w->began)
		decided(ex, e, w);
	run_work_free(w);
}

void run_give_up(struct executor *ex)
{
	for (size_t i = 0; i < ex->starting_count; i++)
		take(ex, ex->starting[i]->work);
	ex->starting_count = 0;
}

void run_take(struct executor *ex)
{
	static const enum lane lanes[] = { LANE_DECIDE, LANE_RUN };
	struct work *work;
	for (size_t i = 0; i < 2; i++)
		while ((work = workers_take(ex->workers[lanes[i]])))
			take(ex, (struct run_work *)work);
}

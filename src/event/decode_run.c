/* Runs: requests (V6 to V17) and what Port tells about them (V5, V13, V16, V18). */
#include <string.h>

#include "base/text.h"
#include "event/decode_part.h"

static bool starts_with(struct span text, const char *prefix)
{
	size_t length = strlen(prefix);
	return text.data && text.length > length && memcmp(text.data, prefix, length) == 0;
}

bool run_resource_is_one(struct span resource)
{
	bool workflow = resource.length > 8 && span_is(span_make(resource.data, 8), "workflow");
	return text_equal(resource, span_of("run")) ||
	       (workflow && text_equal(span_make(resource.data + resource.length - 3, 3),
				    span_of("run")));
}

bool operation_is_verb(struct span operation)
{
	return span_is(operation, "CREATE") || span_is(operation, "UPDATE") ||
	       span_is(operation, "DELETE") || span_is(operation, "RESYNC") ||
	       starts_with(operation, "TIMER_");
}

static enum run_kind kind_of(struct span run_id, bool automation)
{
	if (starts_with(run_id, "wfnr_"))
		return RUN_WORKFLOW_NODE;
	if (starts_with(run_id, "wfr_"))
		return RUN_WORKFLOW;
	return automation ? RUN_AUTOMATION : RUN_ACTION;
}

static bool has_ended(struct span status)
{
	return span_is(status, "SUCCESS") || span_is(status, "FAILURE") ||
	       span_is(status, "CANCELLED");
}

/* A workflow's run is COMPLETED, and its result says how. */
static struct span port_status(struct decoding *d, const json_index values[FIELD_COUNT])
{
	struct span status = decoding_text(d, values[FIELD_STATUS]);
	struct span result = decoding_text(d, values[FIELD_RESULT]);
	return text_equal(status, span_of("COMPLETED")) && result.data ? result : status;
}

/* What a workflow's KAFKA node sends is its input, unless it is the order of an agent. */
static json_index node_inputs(struct decoding *d, json_index at)
{
	json_index payload = decoding_member(d, at, "payload");
	enum json_kind kind = json_kind_of(d->doc, payload);
	if (kind == JSON_KIND_ARRAY)
		return payload;
	return kind == JSON_KIND_OBJECT && decoding_member(d, payload, "action") == JSON_ABSENT
		       ? payload
		       : JSON_ABSENT;
}

/* V10: backends are told the run by a header of that name. */
static struct span header_run_id(const struct record *record)
{
	for (size_t i = 0; i < record->header_count; i++)
		if (text_equal(record->headers[i].name, span_of("RUN_ID")) &&
			record->headers[i].value.length > 0)
			return record->headers[i].value;
	return span_of(NULL);
}

static struct span request_run_id(
	struct decoding *d, const json_index values[FIELD_COUNT], json_index at)
{
	/* A member that is called like that may be a user's own: another id may be one of Port's.
	 */
	struct span id = decoding_text(d, values[FIELD_RUN_ID]);
	if (run_id_is_one(id))
		return id;
	struct span of_port = decoding_text(d, values[FIELD_PORT_RUN_ID]);
	if (of_port.data || id.data)
		return of_port.data ? of_port : id;
	return at == 0 ? header_run_id(d->record) : span_of(NULL);
}

bool request_is_one(struct decoding *d, json_index at)
{
	json_index order = decoding_member(d, decoding_member(d, at, "payload"), "action");
	json_index context = decoding_member(d, at, "port_context");
	json_index run = decoding_member(d, at, "run");
	return decoding_member(d, order, "invocationMethod") != JSON_ABSENT ||
	       decoding_member(d, order, "trigger") != JSON_ABSENT ||
	       decoding_member(d, context, "runId") != JSON_ABSENT ||
	       decoding_member(d, context, "run_id") != JSON_ABSENT ||
	       decoding_member(d, context, "run") != JSON_ABSENT ||
	       run_id_is_one(decoding_text(d, decoding_member(d, run, "id"))) ||
	       (at == 0 && header_run_id(d->record).data);
}

/* Ours by its mark, or by the action's name where it is from before the mark. Whatever else a
 * message asks for makes it none: nothing is hidden by a mark. */
static bool is_feed(struct decoding *d, json_index at, const struct event *event)
{
	static const char *const words[] = { "change", "run", "timer" };
	struct span carries =
		decoding_text(d, decoding_member(d, decoding_member(d, at, "portlog"), "carries"));
	struct span origin =
		decoding_text(d, decoding_member(d, decoding_member(d, at, "trigger"), "origin"));
	bool marked = path_map_is_feeder(d->paths, event->action);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		marked = marked || span_is(carries, words[i]);
	return marked && span_is(origin, "AUTOMATION") &&
	       json_kind_of(d->doc, decoding_member(d, at, "event")) == JSON_KIND_OBJECT &&
	       decoding_member(d, at, "payload") == JSON_ABSENT &&
	       decoding_member(d, at, "port_context") == JSON_ABSENT && event->inputs.length == 0;
}

/* A workflow's run is in no group: what names it is itself. */
static struct span group_of(
	struct decoding *d, const json_index values[FIELD_COUNT], struct span run_id)
{
	struct span group = decoding_text(d, values[FIELD_GROUP]);
	return span_equal(group, run_id) ? span_of(NULL) : group;
}

bool decode_request(struct decoding *d, json_index at, bool carries_event)
{
	json_index values[FIELD_COUNT];
	decoding_read(d, VIEW_REQUEST, at, values);
	struct span run_id = request_run_id(d, values, at);
	if (!run_id.data)
		return false;
	struct event *event = decoding_add(d, EVENT_RUN);
	event->run_id = run_id;
	event->step = STEP_REQUESTED;
	event->requests = true;
	event->has_time = decoding_time(d, values[FIELD_TIME], &event->time_ms);
	event->action = decoding_text(d, values[FIELD_ACTION]);
	event->operation = decoding_text(d, values[FIELD_OPERATION]);
	event->resource = decoding_text(d, values[FIELD_RESOURCE]);
	event->blueprint = decoding_text(d, values[FIELD_BLUEPRINT]);
	event->entity = decoding_text(d, values[FIELD_ENTITY]);
	event->title = decoding_text(d, values[FIELD_TITLE]);
	event->user = decoding_identity(d, values);
	event->origin = decoding_text(d, values[FIELD_ORIGIN]);
	event->port_status = decoding_text(d, values[FIELD_STATUS]);
	event->status = run_status_word(event->port_status);
	/* In a payload of the user's own, status may be anything; what has ended is not asked for.
	 */
	if (!event->status.data || has_ended(event->status))
		event->port_status = event->status = span_of(NULL);
	event->status_label = decoding_text(d, values[FIELD_STATUS_LABEL]);
	event->link = decoding_json(d, values[FIELD_LINK]);
	event->group = group_of(d, values, run_id);
	event->event_id = decoding_text(d, values[FIELD_EVENT_ID]);
	bool automation =
		carries_event || text_equal(event->origin, span_of("AUTOMATION")) ||
		text_equal(decoding_text(d, values[FIELD_TRIGGER_TYPE]), span_of("automation"));
	event->run_kind = kind_of(run_id, automation);
	if (event->run_kind == RUN_AUTOMATION && !event->origin.data)
		event->origin = span_of("AUTOMATION");
	json_index inputs = values[FIELD_INPUTS];
	if (inputs == JSON_ABSENT && event->run_kind >= RUN_WORKFLOW)
		inputs = node_inputs(d, at);
	event->inputs = decoding_range(d, inputs);
	if (event->run_kind == RUN_AUTOMATION && carries_event && is_feed(d, at, event)) {
		event->run_kind = RUN_FEED;
		event->requests = false;
	}
	return true;
}

/* What a run says of itself. */
static void read_run(struct decoding *d, const json_index values[FIELD_COUNT], struct event *event)
{
	event->run_id = decoding_text(d, values[FIELD_RUN_ID]);
	event->action = decoding_text(d, values[FIELD_ACTION]);
	event->operation = decoding_text(d, values[FIELD_OPERATION]);
	event->blueprint = decoding_text(d, values[FIELD_BLUEPRINT]);
	event->entity = decoding_text(d, values[FIELD_ENTITY]);
	event->title = decoding_text(d, values[FIELD_TITLE]);
	event->user = decoding_identity(d, values);
	event->origin = decoding_text(d, values[FIELD_ORIGIN]);
	event->port_status = port_status(d, values);
	event->status = run_status_word(event->port_status);
	event->status_label = decoding_text(d, values[FIELD_STATUS_LABEL]);
	event->inputs = decoding_range(d, values[FIELD_INPUTS]);
	event->link = decoding_json(d, values[FIELD_LINK]);
	event->summary = decoding_text(d, values[FIELD_SUMMARY]);
	event->external_run_id = decoding_text(d, values[FIELD_EXTERNAL_RUN_ID]);
	event->group = group_of(d, values, event->run_id);
	event->has_created = decoding_time(d, values[FIELD_CREATED], &event->created_ms);
	event->has_ended = decoding_time(d, values[FIELD_ENDED], &event->ended_ms);
	event->has_time = decoding_time(d, values[FIELD_TIME], &event->time_ms);
	struct span type = decoding_text(d, values[FIELD_TRIGGER_TYPE]);
	bool automation = text_equal(event->origin, span_of("AUTOMATION")) ||
			  text_equal(type, span_of("automation"));
	event->run_kind = kind_of(event->run_id, automation);
}

/* What the approval of a run says. */
static enum run_decision decision_of(struct span approval)
{
	static const struct {
		const char *state;
		enum run_decision decision;
	} rows[] = {
		{ "APPROVED", DECISION_APPROVED },
		{ "APPROVE", DECISION_APPROVED },
		{ "DECLINED", DECISION_DECLINED },
		{ "DECLINE", DECISION_DECLINED },
	};
	for (size_t i = 0; approval.data && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_equal(approval, span_of(rows[i].state)))
			return rows[i].decision;
	return DECISION_NONE;
}

/* Which step leads from one status to the other. Whoever cancels a run that waits declines it only
 * where the approval says so. */
static enum run_step step_between(struct span before, struct span after, enum run_decision decision)
{
	if (span_is(before, "WAITING_FOR_APPROVAL")) {
		if (span_is(after, "IN_PROGRESS") || span_is(after, "SUCCESS"))
			return STEP_APPROVED;
		if (!has_ended(after))
			return STEP_UPDATED;
		bool declined = decision == DECISION_NONE ? !span_is(after, "CANCELLED")
							  : decision == DECISION_DECLINED;
		return declined ? STEP_DECLINED : STEP_ENDED;
	}
	if (has_ended(after) && !has_ended(before))
		return STEP_ENDED;
	if (span_is(after, "IN_PROGRESS") && !before.data)
		return STEP_STARTED;
	return STEP_UPDATED;
}

static struct span first_of(struct span a, struct span b)
{
	return a.length > 0 ? a : b;
}

/* Approved or declined, by whom and why. Where several must approve, the run waits on after the
 * first of them, and nothing is decided yet. */
static void read_decision(
	struct decoding *d, const json_index values[FIELD_COUNT], struct event *event)
{
	bool now = event->step == STEP_APPROVED || event->step == STEP_DECLINED;
	if (now)
		event->decision =
			event->step == STEP_APPROVED ? DECISION_APPROVED : DECISION_DECLINED;
	else if (!span_is(event->status, "WAITING_FOR_APPROVAL"))
		event->decision = decision_of(decoding_text(d, values[FIELD_APPROVAL_STATE]));
	if (event->decision == DECISION_NONE)
		return;
	struct identity who = {
		.id = decoding_text(d, values[FIELD_APPROVER]),
		.email = decoding_text(d, values[FIELD_APPROVER_EMAIL]),
	};
	/* The same person, told with more in the trigger. */
	bool same = who.id.data && span_equal(who.id, event->by.id);
	if (now && (same || (!who.id.data && !who.email.data)))
		who = event->by;
	event->decided_by = who;
	event->decision_reason = decoding_text(d, values[FIELD_APPROVAL_TEXT]);
	if (event->step == STEP_DECLINED)
		event->decision_reason = first_of(event->decision_reason, event->summary);
	if (now)
		event->by = who;
}

static struct span detail_of(const struct event *event)
{
	switch (event->step) {
	case STEP_APPROVED:
	case STEP_DECLINED:
		return event->decision_reason;
	case STEP_ENDED:
		return first_of(first_of(event->summary, event->status_label), event->port_status);
	default:
		return first_of(event->status_label, event->port_status);
	}
}

/* Who and what the event around the run adds to what the run says. */
static void read_update(
	struct decoding *d, const json_index around[FIELD_COUNT], struct event *event)
{
	int64_t time_ms = 0;
	if (decoding_time(d, around[FIELD_TIME], &time_ms)) {
		event->has_time = true;
		event->time_ms = time_ms;
	}
	event->event_id = decoding_text(d, around[FIELD_EVENT_ID]);
	event->resource = decoding_text(d, around[FIELD_RESOURCE]);
	event->message = decoding_text(d, around[FIELD_MESSAGE]);
	if (!event->run_id.data)
		event->run_id = decoding_text(d, around[FIELD_RUN_ID]);
	if (!event->blueprint.data)
		event->blueprint = decoding_text(d, around[FIELD_BLUEPRINT]);
	/* A row of the audit log without a diff; in a diff the identifier would be the run's. */
	if (around[FIELD_BEFORE] == JSON_ABSENT && around[FIELD_AFTER] == JSON_ABSENT)
		event->entity = decoding_text(d, around[FIELD_ENTITY]);
	struct span action = decoding_text(d, around[FIELD_ACTION]);
	struct span verb = decoding_text(d, around[FIELD_OPERATION]);
	/* V5 has the action's identifier where others have a verb, and only its title in the run.
	 */
	if (action.data)
		event->action = action;
	else if (verb.data && !operation_is_verb(verb))
		event->action = verb;
	if (text_equal(decoding_text(d, around[FIELD_TRIGGER_TYPE]), span_of("automation")))
		event->run_kind = kind_of(event->run_id, true);
}

/* The status before; absent where there was no run. */
static struct span status_before(struct decoding *d, json_index before)
{
	json_index values[FIELD_COUNT];
	decoding_read(d, VIEW_RUN, before, values);
	return run_status_word(port_status(d, values));
}

bool decode_run_update(struct decoding *d, json_index carrier)
{
	json_index around[FIELD_COUNT];
	json_index values[FIELD_COUNT];
	struct event update = { 0 };
	decoding_read(d, VIEW_CHANGE, carrier, around);
	json_index before = around[FIELD_BEFORE];
	json_index after = around[FIELD_AFTER];
	bool existed = !json_is_nothing(d->doc, before);
	json_index run = json_is_nothing(d->doc, after) ? before : after;
	decoding_read(d, VIEW_RUN, run, values);
	read_run(d, values, &update);
	read_update(d, around, &update);
	if (!update.run_id.data)
		return false;
	json_index trigger = decoding_member(d, carrier, "context");
	trigger = decoding_member(d, decoding_member(d, trigger, "action"), "trigger");
	struct span operation = decoding_text(d, decoding_member(d, trigger, "operation"));
	if (operation.data)
		update.operation = operation;
	update.by = decoding_identity(d, around);
	struct span verb = decoding_text(d, around[FIELD_OPERATION]);
	bool told = existed || !json_is_nothing(d->doc, after);
	if (!existed && (told || text_equal(verb, span_of("CREATE")))) {
		update.step = STEP_REQUESTED;
		update.user = update.by;
		struct span origin = decoding_text(d, around[FIELD_ORIGIN]);
		update.origin = first_of(origin, update.origin);
	} else if (run != after) {
		update.step = STEP_UPDATED;
	} else {
		struct span approval = decoding_text(d, values[FIELD_APPROVAL_STATE]);
		update.step = step_between(
			status_before(d, before), update.status, decision_of(approval));
	}
	read_decision(d, values, &update);
	if (has_ended(update.status) && !update.has_ended &&
		(update.step == STEP_ENDED || update.step == STEP_DECLINED) && update.has_time) {
		update.has_ended = true;
		update.ended_ms = update.time_ms;
	}
	update.detail = detail_of(&update);
	struct event *event = decoding_add(d, EVENT_RUN);
	update.kind = event->kind;
	update.signature = event->signature;
	update.before_node = JSON_ABSENT;
	update.after_node = JSON_ABSENT;
	*event = update;
	return true;
}

bool decode_run_itself(struct decoding *d, json_index at)
{
	json_index values[FIELD_COUNT];
	struct event run = { 0 };
	struct span id = decoding_text(d, decoding_member(d, at, "id"));
	if (!run_id_is_one(id))
		id = decoding_text(d, decoding_member(d, at, "identifier"));
	if (!run_id_is_one(id))
		return false;
	decoding_read(d, VIEW_RUN, at, values);
	read_run(d, values, &run);
	/* V17 has a payload or config to be executed, but nobody asks for what has ended. */
	bool asks = decoding_member(d, at, "payload") != JSON_ABSENT ||
		    decoding_member(d, at, "config") != JSON_ABSENT;
	/* A payload of the user's own may have such members, but no times of Port's. */
	if (!run.status.data || !run.has_time || (asks && !has_ended(run.status)))
		return false;
	run.step = has_ended(run.status) ? STEP_ENDED : STEP_UPDATED;
	read_decision(d, values, &run);
	run.detail = detail_of(&run);
	struct event *event = decoding_add(d, EVENT_RUN);
	run.kind = event->kind;
	run.signature = event->signature;
	run.before_node = JSON_ABSENT;
	run.after_node = JSON_ABSENT;
	*event = run;
	return true;
}

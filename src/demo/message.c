#include "demo/message.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "demo/story.h"

static void user_write(const struct actor *who, struct json_writer *w)
{
	json_key(w, "user");
	json_object_start(w);
	json_member_text(w, "email", who->email);
	json_member_text(w, "firstName", who->first_name);
	json_member_text(w, "lastName", who->last_name);
	json_member_text(w, "phoneNumber", "");
	json_member_text(w, "picture", "");
	json_key(w, "providers");
	json_array_start(w);
	json_text_value(w, "google-oauth2");
	json_array_end(w);
	json_member_text(w, "status", "ACTIVE");
	json_member_text(w, "id", who->user_id);
	json_member_text(w, "createdAt", "2023-07-02T21:38:42.000Z");
	json_member_text(w, "updatedAt", "2025-11-18T08:12:31.412Z");
	json_object_end(w);
}

/* Who, from where, when; operation (may be NULL) only in the whole trigger data. */
static void trigger_write(const struct actor *who, const char *origin, int64_t at_ms,
	const char *operation, struct json_writer *w)
{
	json_key(w, "trigger");
	json_object_start(w);
	json_key(w, "by");
	json_object_start(w);
	json_member_text(w, "orgId", STORY_ORG);
	if (who->kind == ACTOR_PORT)
		json_member_bool(w, "byPort", true);
	else
		json_member_text(w, "userId", who->user_id);
	if (who->kind == ACTOR_PERSON)
		user_write(who, w);
	json_object_end(w);
	json_member_text(w, "origin", origin);
	json_member_time(w, "at", at_ms);
	if (operation)
		json_member_text(w, "operation", operation);
	json_object_end(w);
}

static void diff_write(struct span before, struct span after, struct json_writer *w)
{
	json_key(w, "diff");
	json_object_start(w);
	json_key(w, "before");
	json_raw_value(w, before);
	json_key(w, "after");
	json_raw_value(w, after);
	json_object_end(w);
}

static void destination_write(struct json_writer *w)
{
	json_key(w, "changelogDestination");
	json_object_start(w);
	json_member_text(w, "type", "KAFKA");
	json_object_end(w);
}

void message_change(const struct catalog_change *change, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_text(&w, "action", change->operation);
	json_member_text(&w, "resourceType", change->resource);
	json_member_text(&w, "status", change->message ? "FAILURE" : "SUCCESS");
	if (change->message)
		json_member_text(&w, "message", change->message);
	trigger_write(change->who, change->who->origin, change->at_ms, NULL, &w);
	json_key(&w, "context");
	json_object_start(&w);
	if (change->entity)
		json_member_text(&w, "entity", change->entity);
	json_member_text(&w, "blueprint", change->blueprint);
	if (change->run_id)
		json_member_text(&w, "runId", change->run_id);
	json_object_end(&w);
	diff_write(change->before, change->after, &w);
	destination_write(&w);
	json_object_end(&w);
}

void message_timer(
	const struct entity *entity, const char *property, int64_t at_ms, struct buf *out)
{
	enum { TWO_HOURS_MS = 7200000, SECONDS_LENGTH = 19 };
	struct json_writer w = { .out = out };
	struct buf at = { 0 };
	char text[RFC3339_SIZE];
	clock_format_utc(at_ms + TWO_HOURS_MS, text);
	buf_add(&at, text, SECONDS_LENGTH);
	buf_add_text(&at, "+02:00");

	json_object_start(&w);
	json_member_text(&w, "action", "TIMER_EXPIRED");
	json_member_text(&w, "resourceType", "entity");
	json_member_text(&w, "status", "TRIGGERED");
	json_key(&w, "trigger");
	json_object_start(&w);
	json_key(&w, "by");
	json_object_start(&w);
	json_member_bool(&w, "byPort", true);
	json_member_text(&w, "orgId", STORY_ORG);
	json_object_end(&w);
	json_member_text(&w, "origin", "API");
	json_member_span(&w, "at", buf_span(&at));
	json_object_end(&w);
	json_key(&w, "context");
	json_object_start(&w);
	json_member_text(&w, "entity", entity->identifier);
	json_member_text(&w, "blueprint", entity->blueprint);
	json_member_text(&w, "property", property);
	json_object_end(&w);
	destination_write(&w);
	json_object_end(&w);
	buf_free(&at);
}

/* Port signs the text with an empty "headers" at its end and puts the signature into it. */
static void sign(const char *secret, int64_t at_ms, size_t start, struct buf *out)
{
	struct buf timestamp = { 0 };
	struct buf signature = { 0 };
	struct hash hash;
	buf_addf(&timestamp, "%lld", (long long)(at_ms / 1000));
	const struct span parts[] = { buf_span(&timestamp), span_of("."),
		span_make(out->data + start, out->length - start) };
	hmac_sha256(span_of(secret), parts, sizeof(parts) / sizeof(parts[0]), &hash);
	base64_write(span_make((const char *)hash.bytes, HASH_BYTES), &signature);

	out->length -= strlen("}}");
	buf_addf(out, "\"X-Port-Signature\":\"v1,%s\",\"X-Port-Timestamp\":\"%s\"}}",
		buf_text(&signature), buf_text(&timestamp));
	buf_free(&timestamp);
	buf_free(&signature);
}

/* The end of a message on the runs topic. */
static void seal(struct json_writer *w, const char *secret, int64_t at_ms, size_t start)
{
	json_key(w, "headers");
	json_object_start(w);
	json_object_end(w);
	json_object_end(w);
	sign(secret, at_ms, start, w->out);
}

static void entity_member_write(
	const char *name, const struct entity *entity, struct json_writer *w)
{
	json_key(w, name);
	if (entity)
		entity_write(entity, w);
	else
		json_null_value(w);
}

static void invocation_write(const struct action *action, struct json_writer *w)
{
	json_key(w, "invocationMethod");
	json_object_start(w);
	if (action->request == REQUEST_AGENT) {
		json_member_text(w, "type", "WEBHOOK");
		json_member_bool(w, "agent", true);
		json_member_bool(w, "synchronized", false);
		json_member_text(w, "method", "POST");
		json_member_text(w, "url", "https://ci.hal.example/hooks/port");
	} else {
		json_member_text(w, "type", "KAFKA");
	}
	json_object_end(w);
}

/* The action as the oldest form has it; the agent's form holds only what the agent needs. */
static void action_write(const struct run *run, struct json_writer *w)
{
	const struct action *action = run->action;
	json_key(w, "action");
	json_object_start(w);
	if (action->request == REQUEST_KAFKA) {
		json_member_text(w, "id", "action_Hk2vR8sLq0TzYw6B");
		json_member_text(w, "identifier", action->identifier);
		json_member_text(w, "title", action->title);
		json_member_text(w, "icon", action->icon);
		json_key(w, "userInputs");
		json_raw_value(w, span_of("{\"properties\":{},\"required\":[]}"));
		json_member_text(w, "description", "Runs on Halyard's own machines");
		json_member_text(w, "blueprint", action->blueprint);
		json_member_text(w, "createdAt", "2025-03-04T09:30:00.000Z");
		json_member_text(w, "createdBy", cast_find("amara")->user_id);
		json_member_text(w, "updatedAt", "2025-09-16T13:05:44.218Z");
		json_member_text(w, "updatedBy", cast_find("amara")->user_id);
	}
	invocation_write(action, w);
	json_member_text(w, "trigger", action->operation);
	json_object_end(w);
}

/* V6 and V7. */
static void request_classic(
	const struct run *run, const struct entity *entity, struct json_writer *w)
{
	bool agent = run->action->request == REQUEST_AGENT;
	json_member_text(w, "action", run->action->identifier);
	json_member_text(w, "resourceType", "run");
	json_member_text(w, "status", "TRIGGERED");
	trigger_write(run->who, run->who->origin, run->created_ms, NULL, w);
	json_key(w, "context");
	json_object_start(w);
	json_member_text(w, "entity",
		!entity ? NULL
		: agent ? entity->internal_id
			: entity->identifier);
	json_member_text(w, "blueprint", run->action->blueprint);
	json_member_text(w, "runId", run->id);
	json_object_end(w);
	json_key(w, "payload");
	json_object_start(w);
	entity_member_write("entity", entity, w);
	action_write(run, w);
	json_key(w, "properties");
	json_raw_value(w, span_of(run->inputs));
	if (agent) {
		json_key(w, "censoredProperties");
		json_array_start(w);
		json_array_end(w);
	}
	json_object_end(w);
}

static void action_reference_write(const struct action *action, struct json_writer *w)
{
	json_key(w, "action");
	json_object_start(w);
	json_member_text(w, "identifier", action->identifier);
	if (action->blueprint)
		json_member_text(w, "blueprint", action->blueprint);
	json_key(w, "encryptedProperties");
	json_array_start(w);
	json_array_end(w);
	json_object_end(w);
}

static void run_reference_write(const struct run *run, struct json_writer *w)
{
	json_key(w, "run");
	json_object_start(w);
	json_member_text(w, "id", run->id);
	json_object_end(w);
}

/* V11. */
static void request_whole(const struct run *run, const struct entity *entity, struct json_writer *w)
{
	json_key(w, "inputs");
	json_raw_value(w, span_of(run->inputs));
	trigger_write(run->who, run->who->origin, run->created_ms, run->action->operation, w);
	json_member_text(w, "event", NULL);
	entity_member_write("entity", entity, w);
	action_reference_write(run->action, w);
	run_reference_write(run, w);
}

void message_request(
	const struct run *run, const struct entity *entity, const char *secret, struct buf *out)
{
	struct json_writer w = { .out = out };
	size_t start = out->length;
	json_object_start(&w);
	if (run->action->request == REQUEST_WHOLE)
		request_whole(run, entity, &w);
	else
		request_classic(run, entity, &w);
	seal(&w, secret, run->updated_ms, start);
}

/* What stands round the event in V12 and V13: the automation's own run. */
static void automation_begin(const struct run *run, struct json_writer *w)
{
	json_object_start(w);
	json_member_text(w, "inputs", NULL);
	trigger_write(run->who, "AUTOMATION", run->created_ms, run->action->operation, w);
	json_key(w, "event");
	json_object_start(w);
}

static void automation_end(
	const struct run *run, const char *secret, size_t start, struct json_writer *w)
{
	json_object_end(w);
	json_member_text(w, "entity", NULL);
	action_reference_write(run->action, w);
	run_reference_write(run, w);
	seal(w, secret, run->updated_ms, start);
}

void message_change_automation(const struct catalog_change *change, const struct run *run,
	const char *event_id, const char *secret, struct buf *out)
{
	struct json_writer w = { .out = out };
	size_t start = out->length;
	automation_begin(run, &w);
	json_member_text(&w, "id", event_id);
	json_member_text(&w, "action", change->operation);
	json_member_text(&w, "resourceType", change->resource);
	trigger_write(change->who, change->who->origin, change->at_ms, NULL, &w);
	json_key(&w, "context");
	json_object_start(&w);
	json_member_text(&w, "blueprintIdentifier", change->blueprint);
	json_member_text(&w, "entityIdentifier", change->entity);
	json_member_text(&w, "propertyIdentifier", NULL);
	json_object_end(&w);
	diff_write(change->before, change->after, &w);
	automation_end(run, secret, start, &w);
}

static struct span run_state(const struct run *run, struct buf *out)
{
	struct json_writer w = { .out = out };
	run_write(run, &w);
	return buf_span(out);
}

void message_run_change(
	const struct run *run, const struct actor *who, struct span before, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct buf after = { 0 };
	json_object_start(&w);
	json_member_text(&w, "action", run->action->identifier);
	json_member_text(&w, "resourceType", "run");
	json_member_text(&w, "status", "TRIGGERED");
	trigger_write(who, who->origin, run->updated_ms, NULL, &w);
	json_key(&w, "context");
	json_object_start(&w);
	json_member_text(&w, "runId", run->id);
	json_object_end(&w);
	diff_write(before, run_state(run, &after), &w);
	destination_write(&w);
	json_object_end(&w);
	buf_free(&after);
}

void message_run_automation(const struct run *run, const struct actor *who, struct span before,
	const struct run *teller, const char *event_id, const char *secret, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct buf after = { 0 };
	size_t start = out->length;
	automation_begin(teller, &w);
	json_member_text(&w, "id", event_id);
	json_member_text(&w, "resourceType", "run");
	json_member_text(&w, "action", before.data ? "UPDATE" : "CREATE");
	trigger_write(who, who->origin, run->updated_ms, NULL, &w);
	json_key(&w, "context");
	json_object_start(&w);
	json_key(&w, "action");
	json_object_start(&w);
	json_member_text(&w, "identifier", run->action->identifier);
	json_member_text(&w, "title", run->action->title);
	json_key(&w, "trigger");
	json_object_start(&w);
	json_member_text(&w, "type", "self-service");
	json_member_text(&w, "operation", run->action->operation);
	json_object_end(&w);
	invocation_write(run->action, &w);
	json_member_bool(&w, "requiredApproval", run->action->approval);
	json_object_end(&w);
	json_object_end(&w);
	diff_write(before, run_state(run, &after), &w);
	automation_end(teller, secret, start, &w);
	buf_free(&after);
}

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "tests/tools/corpus/message.h"

/* How the action's message looks. */
enum shape {
	SHAPE_KAFKA, /* V6 */
	SHAPE_AGENT, /* V7, signed */
	SHAPE_WHOLE, /* V11 */
};

struct action_kind {
	const char *identifier;
	const char *title;
	uint32_t blueprint;
	const char *operation;
	enum shape shape;
	const char *input;
};

static const struct action_kind action_kinds[] = {
	{ "deploy_service", "Deploy a service", 0, "DAY-2", SHAPE_AGENT, "version" },
	{ "scaffold_service", "Scaffold a service", 0, "CREATE", SHAPE_KAFKA, "template" },
	{ "scale_workload", "Scale a workload", 4, "DAY-2", SHAPE_WHOLE, "replicas" },
	{ "restart_workload", "Restart a workload", 4, "DAY-2", SHAPE_AGENT, "reason" },
	{ "create_environment", "Create an environment", 2, "CREATE", SHAPE_WHOLE, "region" },
	{ "extend_ttl", "Extend an environment's life", 2, "DAY-2", SHAPE_KAFKA, "days" },
	{ "delete_environment", "Delete an environment", 2, "DELETE", SHAPE_AGENT, "reason" },
	{ "resolve_incident", "Resolve an incident", 5, "DAY-2", SHAPE_WHOLE, "resolution" },
	{ "rotate_credentials", "Rotate a database's credentials", 6, "DAY-2", SHAPE_AGENT,
		"ticket" },
	{ "toggle_flag", "Toggle a feature flag", 8, "DAY-2", SHAPE_KAFKA, "state" },
	{ "upgrade_cluster", "Upgrade a cluster", 3, "DAY-2", SHAPE_WHOLE, "version" },
};

enum { ACTION_KINDS = sizeof(action_kinds) / sizeof(action_kinds[0]) };

/* Where there are more actions than kinds, the kinds come round again, for other blueprints. */
struct action {
	struct action_kind kind;
	char identifier[48];
	uint32_t blueprint;
};

static struct action action_of(const struct world *w, uint32_t number)
{
	struct action a = { .kind = action_kinds[number % ACTION_KINDS] };
	uint32_t round = number / ACTION_KINDS;
	a.blueprint = (a.kind.blueprint + round * BLUEPRINT_KINDS) % w->scale->blueprints;
	snprintf(a.identifier, sizeof(a.identifier), "%s%s", a.kind.identifier,
		world_variant(round));
	return a;
}

/* The client secret that signs; what checks signatures on the corpus may use it. */
static const char secret[] = "corpus-secret";

static void add_member(struct buf *out, const char *name, const char *value)
{
	buf_add_char(out, ',');
	add_quoted(out, name);
	buf_add_char(out, ':');
	if (value)
		add_quoted(out, value);
	else
		ADD(out, "null");
}

static void add_entity(const struct run *run, struct buf *out)
{
	if (run->entity && run->entity->exists)
		buf_add_span(out, buf_span(&run->entity->state));
	else
		ADD(out, "null");
}

static void add_inputs(struct world *w, const struct run *run, struct buf *out)
{
	buf_add_char(out, '{');
	add_quoted(out, action_of(w, run->action).kind.input);
	buf_add_char(out, ':');
	add_quoted(out, run->input);
	ADD(out, ",\"dry_run\":false,\"timeout\":300,\"comment\":\"");
	world_write_text(w, 6, out);
	ADD(out, "\"}");
}

static void add_context(const struct world *w, const struct run *run, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	ADD(out, ",\"context\":{\"entity\":");
	if (run->entity)
		add_quoted(out, run->entity->identifier);
	else
		ADD(out, "null");
	add_member(out, "blueprint", w->blueprints[a.blueprint].identifier);
	add_member(out, "runId", run->id);
	buf_add_char(out, '}');
}

/* {"action", "resourceType", "status", "trigger", "context" and the payload's entity */
static void begin_request(struct world *w, const struct run *run, struct buf *out)
{
	ADD(out, "{\"action\":");
	add_quoted(out, action_of(w, run->action).identifier);
	ADD(out, ",\"resourceType\":\"run\",\"status\":\"TRIGGERED\",\"trigger\":");
	add_trigger(w, run->user, "UI", out);
	buf_add_char(out, '}');
	add_context(w, run, out);
	ADD(out, ",\"payload\":{\"entity\":");
	add_entity(run, out);
}

static void write_kafka_request(struct world *w, const struct run *run, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	begin_request(w, run, out);
	ADD(out, ",\"action\":{\"id\":\"action_k7Jv2mQ0aT4cW9xR\"");
	add_member(out, "identifier", a.identifier);
	add_member(out, "title", a.kind.title);
	ADD(out, ",\"icon\":\"Microservice\",\"userInputs\":{\"properties\":{");
	add_quoted(out, a.kind.input);
	ADD(out, ":{\"type\":\"string\",\"title\":\"What to "
		 "use\",\"minLength\":1},\"dry_run\":{\"type\":"
		 "\"boolean\",\"default\":false},\"timeout\":{\"type\":\"number\",\"default\":300},"
		 "\"comment\":{\"type\":\"string\",\"format\":\"markdown\"}},\"required\":[");
	add_quoted(out, a.kind.input);
	ADD(out, "]},\"invocationMethod\":{\"type\":\"KAFKA\"}");
	add_member(out, "trigger", a.kind.operation);
	ADD(out, ",\"description\":\"What the team agreed on; see the handbook\"");
	add_member(out, "blueprint", w->blueprints[a.blueprint].identifier);
	ADD(out, ",\"createdAt\":\"2025-03-01T08:00:00.000Z\",\"createdBy\":\"auth0|platform\","
		 "\"updatedAt\":\"2026-01-20T10:30:00.000Z\",\"updatedBy\":\"auth0|platform\"}"
		 ",\"properties\":");
	add_inputs(w, run, out);
	ADD(out, "}}");
}

/* Signed are the bytes without the two members that tell the signature. */
static void sign(struct world *w, struct buf *out)
{
	char timestamp[24];
	snprintf(timestamp, sizeof(timestamp), "%lld", (long long)(w->now_ms / 1000));
	const struct span parts[] = { span_of(timestamp), span_of("."), buf_span(out) };
	struct hash hash;
	hmac_sha256(span_of(secret), parts, 3, &hash);
	out->length -= 2; /* "}}", of the headers and of the message */
	ADD(out, "\"X-Port-Signature\":\"v1,");
	base64_write(span_make((const char *)hash.bytes, HASH_BYTES), out);
	ADD(out, "\",\"X-Port-Timestamp\":\"");
	buf_add_text(out, timestamp);
	ADD(out, "\"}}");
}

static void write_agent_request(struct world *w, const struct run *run, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	begin_request(w, run, out);
	ADD(out, ",\"action\":{\"invocationMethod\":{\"type\":\"WEBHOOK\",\"agent\":true,"
		 "\"synchronized\":"
		 "true,\"method\":\"POST\",\"url\":\"https://ci.example.com/hooks/");
	buf_add_text(out, a.identifier);
	ADD(out, "\"}");
	add_member(out, "trigger", a.kind.operation);
	ADD(out, "},\"properties\":");
	add_inputs(w, run, out);
	ADD(out, ",\"censoredProperties\":[]},\"headers\":{}}");
	sign(w, out);
}

static void write_whole_request(struct world *w, const struct run *run, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	ADD(out, "{\"inputs\":");
	add_inputs(w, run, out);
	ADD(out, ",\"trigger\":");
	add_trigger(w, run->user, "UI", out);
	add_member(out, "operation", a.kind.operation);
	ADD(out, "},\"event\":null,\"entity\":");
	add_entity(run, out);
	ADD(out, ",\"action\":{\"identifier\":");
	add_quoted(out, a.identifier);
	add_member(out, "blueprint", w->blueprints[a.blueprint].identifier);
	ADD(out, ",\"encryptedProperties\":[]},\"run\":{\"id\":");
	add_quoted(out, run->id);
	ADD(out, "}}");
}

static struct run *open_run(struct world *w, struct runs *r)
{
	struct run *run = &r->open[(r->first + r->count++) % OPEN_RUNS];
	struct buf text = { 0 };
	*run = (struct run){ .action = dice_below(&w->dice, w->scale->actions) };
	const struct action a = action_of(w, run->action);
	world_write_id(w, dice_percent(&w->dice, 5) ? "run_" : "r_", 16, &text);
	snprintf(run->id, sizeof(run->id), "%s", buf_text(&text));
	if (strcmp(a.kind.operation, "CREATE") != 0) {
		uint32_t rank = world_pick_entity(w)->number / w->scale->blueprints;
		run->entity = &w->entities[rank * w->scale->blueprints + a.blueprint];
		if (!run->entity->exists)
			run->entity = NULL;
	}
	buf_clear(&text);
	world_write_text(w, 2, &text);
	snprintf(run->input, sizeof(run->input), "%s", buf_text(&text));
	run->user = world_pick_user(w);
	run->waiting = dice_percent(&w->dice, 10);
	run->due_ms = w->now_ms + 5000 + 1000 * (int64_t)dice_below(&w->dice, 900);
	snprintf(run->created_at, sizeof(run->created_at), "%s", w->now);
	buf_free(&text);
	return run;
}

/* RUN of V13. */
static void add_run(
	struct world *w, const struct run *run, const char *status, bool ended, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	ADD(out, "{\"id\":");
	add_quoted(out, run->id);
	add_member(out, "status", status);
	ADD(out, ",\"blueprint\":{\"identifier\":");
	add_quoted(out, w->blueprints[a.blueprint].identifier);
	add_member(out, "title", w->blueprints[a.blueprint].identifier);
	ADD(out, "},\"entity\":");
	if (run->entity) {
		ADD(out, "{\"identifier\":");
		add_quoted(out, run->entity->identifier);
		add_member(out, "title", run->entity->title);
		buf_add_char(out, '}');
	} else {
		ADD(out, "null");
	}
	ADD(out, ",\"action\":{\"identifier\":");
	add_quoted(out, a.identifier);
	add_member(out, "title", a.kind.title);
	ADD(out, ",\"icon\":\"Microservice\",\"deleted\":false},\"source\":\"UI\",\"link\":[");
	if (ended) {
		ADD(out, "\"https://ci.example.com/runs/");
		buf_add_text(out, run->id);
		buf_add_char(out, '"');
	}
	ADD(out, "],\"requiredApproval\":false,\"properties\":{");
	add_quoted(out, a.kind.input);
	buf_add_char(out, ':');
	add_quoted(out, run->input);
	ADD(out, ",\"dry_run\":false,\"timeout\":300},\"summary\":");
	add_quoted(out, ended ? "finished by the pipeline" : "");
	add_member(out, "endedAt", ended ? w->now : NULL);
	add_member(out, "createdAt", run->created_at);
	add_member(out, "updatedAt", ended ? w->now : run->created_at);
	add_member(out, "createdBy", w->users[run->user].id);
	add_member(out, "updatedBy", w->users[run->user].id);
	ADD(out, ",\"payload\":{\"action\":");
	add_quoted(out, a.identifier);
	add_member(out, "runId", run->id);
	ADD(out, "}}");
}

/* As an automation on runs sends it (V13). */
static void write_update(struct world *w, const struct run *run, const char *before,
	const char *after, bool ended, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	add_automation(w, "UPDATE", out);
	ADD(out, "{\"id\":\"");
	world_write_id(w, "event_", 16, out);
	ADD(out, "\",\"resourceType\":\"run\",\"action\":\"UPDATE\",\"trigger\":");
	add_trigger(w, w->scale->users - 1, "API", out);
	ADD(out, "},\"context\":{\"action\":{\"identifier\":");
	add_quoted(out, a.identifier);
	add_member(out, "title", a.kind.title);
	ADD(out, ",\"trigger\":{\"type\":\"self-service\"");
	add_member(out, "operation", a.kind.operation);
	ADD(out, ",\"userInputs\":{\"properties\":{},\"required\":[]}},\"invocationMethod\":{"
		 "\"type\":"
		 "\"WEBHOOK\",\"url\":\"{{ .payload.url "
		 "}}\",\"agent\":true},\"requiredApproval\":false}},"
		 "\"diff\":{\"before\":");
	add_run(w, run, before, false, out);
	ADD(out, ",\"after\":");
	add_run(w, run, after, ended, out);
	ADD(out, "}}");
	add_automation_end(w, "record_runs", out);
}

/* As the change log has it (V5). */
static void write_logged_end(
	struct world *w, const struct run *run, const char *status, struct buf *out)
{
	const struct action a = action_of(w, run->action);
	ADD(out, "{\"action\":");
	add_quoted(out, a.identifier);
	ADD(out, ",\"resourceType\":\"run\",\"status\":\"TRIGGERED\",\"trigger\":");
	add_trigger(w, run->user, "UI", out);
	buf_add_char(out, '}');
	add_context(w, run, out);
	ADD(out, ",\"diff\":{\"before\":null,\"after\":{\"id\":");
	add_quoted(out, run->id);
	add_member(out, "status", status);
	ADD(out, ",\"blueprint\":{\"identifier\":");
	add_quoted(out, w->blueprints[a.blueprint].identifier);
	add_member(out, "title", w->blueprints[a.blueprint].identifier);
	buf_add_char(out, '}');
	add_member(out, "action", a.identifier);
	add_member(out, "endedAt", w->now);
	ADD(out, ",\"source\":\"UI\",\"relatedEntityExists\":true,\"relatedBlueprintExists\":true,"
		 "\"properties\":");
	add_inputs(w, run, out);
	add_member(out, "createdAt", run->created_at);
	add_member(out, "updatedAt", w->now);
	add_member(out, "createdBy", w->users[run->user].id);
	add_member(out, "updatedBy", w->users[run->user].id);
	ADD(out, "}},\"changelogDestination\":{\"type\":\"KAFKA\"}}");
}

static void message_request(struct world *w, struct runs *r, struct message *m)
{
	static void (*const writers[])(struct world *, const struct run *, struct buf *) = {
		[SHAPE_KAFKA] = write_kafka_request,
		[SHAPE_AGENT] = write_agent_request,
		[SHAPE_WHOLE] = write_whole_request,
	};
	const struct run *run = open_run(w, r);
	writers[action_of(w, run->action).kind.shape](w, run, &m->value);
	m->on_runs = true;
	m->key = run->id;
	m->partition_key = run->entity ? run->entity->number : run->action;
}

static void message_update(struct world *w, struct runs *r, struct message *m)
{
	struct run *run = &r->open[r->first];
	m->on_runs = true;
	m->key = run->id;
	m->partition_key = run->entity ? run->entity->number : run->action;
	if (run->waiting) {
		run->waiting = false;
		run->due_ms = w->now_ms + 1000 * (int64_t)dice_below(&w->dice, 300);
		write_update(w, run, "WAITING_FOR_APPROVAL", "IN_PROGRESS", false, &m->value);
		return;
	}
	const char *status = dice_percent(&w->dice, 8) ? "FAILURE" : "SUCCESS";
	m->on_runs = dice_percent(&w->dice, w->scale->automated_ends);
	if (m->on_runs)
		write_update(w, run, "IN_PROGRESS", status, true, &m->value);
	else
		write_logged_end(w, run, status, &m->value);
	r->first = (r->first + 1) % OPEN_RUNS;
	r->count--;
}

void message_run(struct world *w, struct runs *r, struct message *m)
{
	if (r->count == OPEN_RUNS || (r->count > 0 && r->open[r->first].due_ms <= w->now_ms))
		message_update(w, r, m);
	else
		message_request(w, r, m);
}

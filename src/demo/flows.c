#include "demo/flows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000, DEPLOYMENTS_KEPT = 40 };

/* Where a flow's steps are planned: the names they are about, and a clock that moves on. */
struct flow_run {
	struct stage *stage;
	int64_t at_ms;
	char run[64];
};

/* The next step, so many seconds after the last one. */
static void then(struct flow_run *flow, uint32_t after_s, enum verb verb, const char *who,
	const char *subject, const char *format, ...) __attribute__((format(printf, 6, 7)));
static void then(struct flow_run *flow, uint32_t after_s, enum verb verb, const char *who,
	const char *subject, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	flow->at_ms += (int64_t)after_s * SECOND_MS + dice_below(&flow->stage->dice, SECOND_MS);
	stage_plan(flow->stage, flow->at_ms, verb, who, subject, flow->run[0] ? flow->run : NULL,
		text);
}

/* Never twice among the arguments of one call: their order is the compiler's. */
static uint32_t roll(struct flow_run *flow, uint32_t count)
{
	return dice_below(&flow->stage->dice, count);
}

static void name_of(const struct entity *entity, char ret_name[128])
{
	snprintf(ret_name, 128, "%s/%s", entity->blueprint, entity->identifier);
}

/* Any entity of that kind: its name. There are always some of those that flows are about. */
static const struct entity *any(struct flow_run *flow, const char *blueprint, char ret_name[128])
{
	const struct world *world = &flow->stage->world;
	uint32_t count = world_count(world, blueprint);
	const struct entity *entity = world_at(world, blueprint, roll(flow, count));
	name_of(entity, ret_name);
	return entity;
}

/* Any service but those whose versions and replicas the scenes tell of. */
static const struct entity *any_other_service(struct flow_run *flow, char ret_name[128])
{
	for (;;) {
		const struct entity *service = any(flow, "service", ret_name);
		if (strcmp(service->identifier, "checkout") != 0 &&
			strcmp(service->identifier, "ledger") != 0)
			return service;
	}
}

static void begin_run(struct flow_run *flow, const char *action)
{
	snprintf(flow->run, sizeof(flow->run), "%s:~%llu", action,
		(unsigned long long)flow->stage->planned);
}

static void sha(struct flow_run *flow, char ret_sha[8])
{
	struct buf hex = { 0 };
	dice_hex(&flow->stage->dice, 7, &hex);
	memcpy(ret_sha, hex.data, 8);
	buf_free(&hex);
}

/* The version behind the one that an entity has: mostly a patch, now and then more. */
static void next_version(struct flow_run *flow, const struct entity *entity, char ret_version[48])
{
	const char *version = entity_property(entity, "version");
	char *at = NULL;
	unsigned long parts[3] = { 0 };
	at = (char *)(uintptr_t)(version ? version + 1 : "0");
	for (size_t i = 0; i < 3; i++) {
		parts[i] = strtoul(at, &at, 10);
		if (*at == '.')
			at++;
	}
	size_t raised = roll(flow, 5) == 0 ? 1 : 2;
	parts[raised]++;
	if (raised == 1)
		parts[2] = 0;
	snprintf(ret_version, 48, "%lu.%lu.%lu", parts[0], parts[1], parts[2]);
}

static void commits(struct flow_run *flow)
{
	char service[128];
	char commit[8];
	any(flow, "service", service);
	sha(flow, commit);
	then(flow, 0, VERB_UPDATE, "github", service, "last_commit='%s'; open_pull_requests=%u",
		commit, roll(flow, 12));
}

static void covers(struct flow_run *flow)
{
	char service[128];
	any(flow, "service", service);
	uint32_t tenths = 600 + roll(flow, 360);
	then(flow, 0, VERB_UPDATE, "ci", service, "coverage=%u.%u0", tenths / 10, tenths % 10);
}

static void bills(struct flow_run *flow)
{
	char environment[128];
	any(flow, "environment", environment);
	if (strcmp(environment, "environment/preview-42") == 0)
		snprintf(environment, sizeof(environment), "environment/staging");
	uint32_t cents = 60000 + roll(flow, 400000);
	then(flow, 0, VERB_UPDATE, "finops", environment, "monthly_cost=%u.%02u", cents / 100,
		cents % 100);
}

static void bumps(struct flow_run *flow)
{
	char package[128];
	char version[48];
	const struct entity *entity = any(flow, "package", package);
	if (strcmp(package, "package/left-align") == 0) {
		entity = world_find(&flow->stage->world, "package/libsail");
		name_of(entity, package);
	}
	next_version(flow, entity, version);
	then(flow, 0, VERB_UPDATE, "renovate", package, "version='%s'; latest='%s'", version,
		version);
}

static void measures(struct flow_run *flow)
{
	char service[128];
	any(flow, "service", service);
	uint32_t cpu = 40 + roll(flow, 400);
	uint32_t memory = 96 + roll(flow, 400);
	uint32_t tenths = 1 + roll(flow, 9);
	then(flow, 0, VERB_UPDATE, "cluster", service,
		"usage={'cpu_m':%u,'memory_mi':%u,'p99_s':0.%u0}", cpu, memory, tenths);
}

static void describes(struct flow_run *flow)
{
	static const char *const notes[] = { "Ask on call first ☝", "Looked after with love 💙",
		"The runbook is being written anew", "Mind the tides 🌊" };
	char service[128];
	any(flow, "service", service);
	const char *who = cast_person(&flow->stage->dice)->handle;
	const char *note = notes[roll(flow, 4)];
	uint32_t edition = 1 + roll(flow, 90);
	then(flow, 0, VERB_UPDATE, who, service, "notes='%s (%u)'; reviewed_by='%s'", note, edition,
		who);
}

/* Deployments of long ago are deleted, so that the world does not grow with the story. */
static void tidies(struct flow_run *flow)
{
	const struct world *world = &flow->stage->world;
	uint32_t count = world_count(world, "deployment");
	for (uint32_t i = 0; i + DEPLOYMENTS_KEPT < count; i++) {
		struct entity *oldest = world_at(world, "deployment", i);
		if (oldest->created_ms > flow->at_ms - 2 * (int64_t)FLOW_LONGEST_MS)
			break;
		if (oldest->is_leaving)
			continue;
		char name[128];
		name_of(oldest, name);
		oldest->is_leaving = true;
		then(flow, 0, VERB_DELETE, "ci", name, "%s", "");
		return;
	}
	covers(flow);
}

static void restarts(struct flow_run *flow)
{
	char service[128];
	any_other_service(flow, service);
	begin_run(flow, "restart_service");
	const char *who = cast_person(&flow->stage->dice)->handle;
	then(flow, 0, VERB_REQUEST, who, service, "grace_s=%u", 10 + roll(flow, 50));
	then(flow, 20 + roll(flow, 60), VERB_SUCCEED, "ci", NULL, "Restarted");
}

static void scales(struct flow_run *flow)
{
	char service[128];
	uint32_t replicas = 2 + roll(flow, 9);
	any_other_service(flow, service);
	begin_run(flow, "scale_service");
	then(flow, 0, VERB_REQUEST, cast_person(&flow->stage->dice)->handle, service, "replicas=%u",
		replicas);
	then(flow, 15 + roll(flow, 20), VERB_UPDATE, "ci", service, "replicas=%u", replicas);
	then(flow, 5 + roll(flow, 20), VERB_SUCCEED, "ci", NULL, "%u of %u replicas are ready",
		replicas, replicas);
}

static void deploys(struct flow_run *flow)
{
	static const char *const reasons[] = { "image could not be pulled: unauthorized",
		"2 of 3 pods never became ready", "smoke test: GET /healthz gave 503",
		"migration took longer than 300 s" };
	const char *who = cast_person(&flow->stage->dice)->handle;
	const struct actor *actor = cast_find(who);
	bool works = roll(flow, 11) != 0;
	bool canary = roll(flow, 3) == 0;
	char service[128];
	char deployment[128];
	char commit[8];
	char version[48];
	const struct entity *entity = any_other_service(flow, service);
	const char *environment = roll(flow, 3) ? "production-eu" : "production-us";
	next_version(flow, entity, version);
	sha(flow, commit);
	snprintf(deployment, sizeof(deployment), "deployment/%s-%s", entity->identifier, commit);
	begin_run(flow, "deploy_service");

	then(flow, 0, VERB_REQUEST, who, service,
		"version='%s'; environment='%s'; strategy='%s'; canary_share=0.%u0", version,
		environment, canary ? "canary" : "rolling", 1 + roll(flow, 5));
	then(flow, 10 + roll(flow, 30), VERB_CREATE, "ci", deployment,
		"title='%s %s'; icon='Deployment'; status='running'; version='%s'; commit='%s'; "
		"triggered_by='%.*s'; relations.service='%s'; relations.environment='%s'",
		entity->identifier, version, version, commit, (int)strcspn(actor->email, "@"),
		actor->email, entity->identifier, environment);
	then(flow, 60 + roll(flow, 400), VERB_UPDATE, "ci", deployment,
		"status='%s'; log_url='https://ci.hal.example/logs/%s'",
		works ? "succeeded" : "failed", commit);
	if (works) {
		then(flow, 1 + roll(flow, 5), VERB_UPDATE, "ci", service,
			"version='%s'; last_commit='%s'", version, commit);
		then(flow, 1 + roll(flow, 5), VERB_SUCCEED, "ci", NULL, "%s %s is live",
			entity->identifier, version);
	} else {
		const char *reason = reasons[roll(flow, 4)];
		then(flow, 1 + roll(flow, 5), VERB_UPDATE, "ci", deployment, "reason='%s'", reason);
		then(flow, 1 + roll(flow, 5), VERB_FAIL, "ci", NULL, "%s", reason);
	}
}

/* weight: how often; messages: how many it makes, whatever happens. To add what happens all the
 * time is to add a row. */
static const struct {
	uint32_t weight;
	size_t messages;
	bool people;
	void (*plan)(struct flow_run *flow);
} flows[] = {
	{ 16, 1, false, commits },
	{ 8, 1, false, covers },
	{ 4, 1, false, bills },
	{ 6, 1, false, bumps },
	{ 8, 1, false, measures },
	{ 8, 1, false, tidies },
	{ 6, 1, true, describes },
	{ 3, 2, true, restarts },
	{ 4, 3, true, scales },
	{ 9, 5, true, deploys },
};

enum { FLOW_COUNT = sizeof(flows) / sizeof(flows[0]) };

size_t flow_pick(struct dice *dice, size_t most_messages)
{
	uint32_t total = 0;
	for (size_t i = 0; i < FLOW_COUNT; i++)
		total += flows[i].messages <= most_messages ? flows[i].weight : 0;
	uint32_t left = dice_below(dice, total);
	for (size_t i = 0;; i++) {
		uint32_t weight = flows[i].messages <= most_messages ? flows[i].weight : 0;
		if (left < weight)
			return i;
		left -= weight;
	}
}

size_t flow_messages(size_t flow)
{
	return flows[flow].messages;
}

bool flow_needs_people(size_t flow)
{
	return flows[flow].people;
}

void flow_plan(struct stage *stage, size_t flow, int64_t at_ms)
{
	struct flow_run run = { .stage = stage, .at_ms = at_ms };
	flows[flow].plan(&run);
}

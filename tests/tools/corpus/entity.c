#include <stdio.h>
#include <string.h>

#include "tests/tools/corpus/world.h"

/* Kinds of property: what their values look like. */
const struct blueprint blueprint_kinds[BLUEPRINT_KINDS] = {
	{ "service", "Microservice",
		{ { "language", "language" }, { "lifecycle", "lifecycle" }, { "tier", "tier" },
			{ "replicas", "count" }, { "version", "version" }, { "image", "image" },
			{ "repository", "url" }, { "on_call", "email" }, { "slo", "ratio" },
			{ "labels", "labels" }, { "readme", "text" }, { "last_commit", "sha" } },
		{ "team_unit", "cluster" } },
	{ "deployment", "Deployment",
		{ { "status", "status" }, { "version", "version" }, { "commit", "sha" },
			{ "image", "image" }, { "pipeline", "url" }, { "duration_s", "count" },
			{ "finished_at", "time" }, { "canary", "flag" }, { "notes", "text" },
			{ "labels", "labels" } },
		{ "service", "environment" } },
	{ "environment", "Environment",
		{ { "region", "region" }, { "lifecycle", "lifecycle" }, { "locked", "flag" },
			{ "cost", "money" }, { "url", "url" }, { "quota", "count" },
			{ "tags", "tags" }, { "description", "text" }, { "ttl", "time" },
			{ "settings", "labels" } },
		{ "cluster", "team_unit" } },
	{ "cluster", "Cluster",
		{ { "provider", "provider" }, { "region", "region" }, { "version", "version" },
			{ "nodes", "count" }, { "cpu_usage", "ratio" }, { "memory_usage", "ratio" },
			{ "endpoint", "url" }, { "cost", "money" }, { "tags", "tags" },
			{ "labels", "labels" }, { "notes", "text" } },
		{ "team_unit", "environment" } },
	{ "workload", "Deployment",
		{ { "namespace", "word" }, { "image", "image" }, { "replicas", "count" },
			{ "available", "count" }, { "strategy", "strategy" }, { "healthy", "flag" },
			{ "restarts", "count" }, { "limits", "labels" }, { "started_at", "time" },
			{ "revision", "sha" }, { "annotations", "labels" }, { "message", "text" } },
		{ "service", "cluster" } },
	{ "incident", "Alert",
		{ { "severity", "severity" }, { "status", "status" }, { "started_at", "time" },
			{ "summary", "text" }, { "impact", "text" }, { "commander", "email" },
			{ "url", "url" }, { "customers", "count" }, { "tags", "tags" } },
		{ "service", "team_unit" } },
	{ "database", "DefaultProperty",
		{ { "engine", "engine" }, { "version", "version" }, { "size_gb", "count" },
			{ "connections", "count" }, { "cpu_usage", "ratio" },
			{ "encrypted", "flag" }, { "endpoint", "url" }, { "last_backup", "time" },
			{ "cost", "money" }, { "parameters", "labels" },
			{ "description", "text" } },
		{ "environment", "service" } },
	{ "pull_request", "Git",
		{ { "status", "status" }, { "author", "email" }, { "branch", "word" },
			{ "commit", "sha" }, { "additions", "count" }, { "deletions", "count" },
			{ "url", "url" }, { "merged_at", "time" }, { "labels", "tags" },
			{ "body", "text" } },
		{ "service", "team_unit" } },
	{ "feature_flag", "Switches",
		{ { "enabled", "flag" }, { "rollout", "ratio" }, { "owner", "email" },
			{ "rules", "labels" }, { "expires_at", "time" }, { "tags", "tags" },
			{ "description", "text" }, { "hypothesis", "text" }, { "url", "url" } },
		{ "service", "environment" } },
	{ "team_unit", "Team",
		{ { "lead", "email" }, { "members", "count" }, { "channel", "word" },
			{ "budget", "money" }, { "satisfaction", "ratio" }, { "mission", "text" },
			{ "handbook", "url" }, { "tags", "tags" }, { "rotation", "labels" } },
		{ "environment", "cluster" } },
};

static const struct {
	const char *kind;
	const char *words[8];
} choices[] = {
	{ "language", { "Go", "Python", "Java", "TypeScript", "Rust", "C" } },
	{ "lifecycle", { "production", "staging", "experimental", "deprecated" } },
	{ "tier", { "Mission Critical", "Customer Facing", "Internal Service" } },
	{ "status", { "success", "failed", "running", "pending", "open", "closed" } },
	{ "region", { "eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1" } },
	{ "provider", { "aws", "gcp", "azure", "on-premise" } },
	{ "strategy", { "RollingUpdate", "Recreate", "BlueGreen" } },
	{ "severity", { "SEV1", "SEV2", "SEV3", "SEV4" } },
	{ "engine", { "postgres", "mysql", "redis", "clickhouse" } },
};

static bool write_choice(struct world *w, const char *kind, struct buf *out)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (strcmp(choices[i].kind, kind) != 0)
			continue;
		uint32_t count = 0;
		while (count < 8 && choices[i].words[count])
			count++;
		add_quoted(out, choices[i].words[dice_below(&w->dice, count)]);
		return true;
	}
	return false;
}

static void write_hex(struct world *w, int count, struct buf *out)
{
	uint64_t bits = 0;
	for (int i = 0; i < count; i++, bits >>= 4) {
		if (i % 16 == 0)
			bits = dice_roll(&w->dice);
		buf_add_char(out, "0123456789abcdef"[bits & 15]);
	}
}

/* Two digits behind the point, the last often 0: what a parser would print otherwise. */
static void write_hundredths(uint32_t value, struct buf *out)
{
	add_number(out, value / 100);
	buf_add_char(out, '.');
	buf_add_char(out, (char)('0' + value / 10 % 10));
	buf_add_char(out, (char)('0' + value % 10));
}

static void write_version(struct world *w, struct buf *out)
{
	add_number(out, 1 + dice_below(&w->dice, 4));
	buf_add_char(out, '.');
	add_number(out, dice_below(&w->dice, 40));
	buf_add_char(out, '.');
	add_number(out, dice_below(&w->dice, 200));
}

static void write_words(struct world *w, bool object, struct buf *out)
{
	uint32_t count = 2 + dice_below(&w->dice, 2);
	buf_add_char(out, object ? '{' : '[');
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		if (object) {
			/* Different names: of equal ones only the last would count. */
			ADD(out, "\"app.");
			add_number(out, i);
			ADD(out, "\":");
		}
		buf_add_char(out, '"');
		world_write_word(w, out);
		buf_add_char(out, '"');
	}
	buf_add_char(out, object ? '}' : ']');
}

static void write_link(struct world *w, struct buf *out)
{
	ADD(out, "\"https://git.example.com/");
	world_write_word(w, out);
	buf_add_char(out, '/');
	world_write_word(w, out);
	buf_add_char(out, '/');
	add_number(out, dice_below(&w->dice, 100000));
	buf_add_char(out, '"');
}

static void write_sentence(struct world *w, struct buf *out)
{
	buf_add_char(out, '"');
	world_write_text(w, w->scale->sentence + dice_below(&w->dice, w->scale->sentence - 2), out);
	if (dice_percent(&w->dice, 20))
		ADD(out, ", \\\"as agreed\\\"\\nsee the runbook");
	if (dice_percent(&w->dice, 10))
		ADD(out, " – geändert ✓");
	if (w->scale->odd && dice_percent(&w->dice, 10)) {
		ADD(out, " OPS-");
		add_number(out, w->made);
	}
	buf_add_char(out, '"');
}

static void write_value(struct world *w, const char *kind, struct buf *out)
{
	if (write_choice(w, kind, out))
		return;
	if (strcmp(kind, "count") == 0) {
		add_number(out, dice_below(&w->dice, dice_percent(&w->dice, 80) ? 20 : 5000));
	} else if (strcmp(kind, "ratio") == 0) {
		write_hundredths(dice_below(&w->dice, 10001), out);
	} else if (strcmp(kind, "money") == 0) {
		write_hundredths(dice_below(&w->dice, 9000000), out);
	} else if (strcmp(kind, "flag") == 0) {
		buf_add_text(out, dice_percent(&w->dice, 60) ? "true" : "false");
	} else if (strcmp(kind, "time") == 0) {
		char time[RFC3339_SIZE];
		clock_format_utc(w->now_ms - 1000 * (int64_t)dice_below(&w->dice, 86400), time);
		add_quoted(out, time);
	} else if (strcmp(kind, "labels") == 0) {
		write_words(w, true, out);
	} else if (strcmp(kind, "tags") == 0) {
		write_words(w, false, out);
	} else if (strcmp(kind, "url") == 0) {
		write_link(w, out);
	} else if (strcmp(kind, "text") == 0) {
		write_sentence(w, out);
	} else {
		buf_add_char(out, '"');
		if (strcmp(kind, "version") == 0) {
			write_version(w, out);
		} else if (strcmp(kind, "sha") == 0) {
			write_hex(w, 40, out);
		} else if (strcmp(kind, "image") == 0) {
			ADD(out, "registry.example.com/");
			world_write_word(w, out);
			buf_add_char(out, ':');
			write_version(w, out);
		} else if (strcmp(kind, "email") == 0) {
			ADD(out, "user");
			add_number(out, dice_below(&w->dice, w->scale->users - w->scale->machines));
			ADD(out, "@example.com");
		} else {
			world_write_word(w, out);
		}
		buf_add_char(out, '"');
	}
}

/* A text that does not fit stays what it was. */
static void set_value(struct world *w, struct entity *e, size_t property)
{
	struct buf text = { 0 };
	write_value(w, e->blueprint->properties[property][1], &text);
	if (text.length < VALUE_SIZE)
		memcpy(e->values[property], buf_text(&text), text.length + 1);
	else if (!e->values[property][0])
		snprintf(e->values[property], VALUE_SIZE, "null");
	buf_free(&text);
}

static size_t property_count(const struct entity *e)
{
	size_t count = 0;
	while (count < PROPERTY_MAX && e->blueprint->properties[count][0])
		count++;
	return count;
}

static void set_relation(struct world *w, struct entity *e, int relation)
{
	snprintf(e->relations[relation], sizeof(e->relations[relation]), "%s-%u",
		e->blueprint->relations[relation],
		dice_below(&w->dice, w->scale->entities / w->scale->blueprints));
}

static void show(struct world *w, const struct entity *e, uint32_t user, struct buf *out)
{
	buf_clear(out);
	ADD(out, "{\"identifier\":");
	add_quoted(out, e->identifier);
	ADD(out, ",\"title\":");
	add_quoted(out, e->title);
	ADD(out, ",\"blueprint\":");
	add_quoted(out, e->blueprint->identifier);
	ADD(out, ",\"team\":[\"team-");
	add_number(out, e->number % 23);
	ADD(out, "\"],\"icon\":");
	add_quoted(out, e->blueprint->icon);
	ADD(out, ",\"properties\":{");
	for (size_t i = 0; i < property_count(e); i++) {
		if (i)
			buf_add_char(out, ',');
		add_quoted(out, e->blueprint->properties[i][0]);
		buf_add_char(out, ':');
		buf_add_text(out, e->values[i]);
	}
	ADD(out, "},\"relations\":{");
	for (int i = 0; i < 2; i++) {
		if (i)
			buf_add_char(out, ',');
		add_quoted(out, e->blueprint->relations[i]);
		buf_add_char(out, ':');
		add_quoted(out, e->relations[i]);
	}
	ADD(out, "},\"createdAt\":");
	add_quoted(out, e->created_at);
	ADD(out, ",\"createdBy\":");
	add_quoted(out, w->users[e->created_by].id);
	ADD(out, ",\"updatedAt\":");
	add_quoted(out, w->now);
	ADD(out, ",\"updatedBy\":");
	add_quoted(out, w->users[user].id);
	buf_add_char(out, '}');
}

void entity_create(struct world *w, struct entity *e, uint32_t user, struct buf *ret_state)
{
	struct buf title = { 0 };
	world_write_text(w, 2, &title);
	snprintf(e->identifier, sizeof(e->identifier), "%s-%u", e->blueprint->identifier,
		e->number / w->scale->blueprints);
	snprintf(e->title, sizeof(e->title), "%s", buf_text(&title));
	snprintf(e->created_at, sizeof(e->created_at), "%s", w->now);
	e->created_by = user;
	for (size_t i = 0; i < property_count(e); i++)
		set_value(w, e, i);
	set_relation(w, e, 0);
	set_relation(w, e, 1);
	show(w, e, user, ret_state);
	buf_free(&title);
}

void entity_update(struct world *w, struct entity *e, uint32_t user, struct buf *ret_state)
{
	uint32_t count = 1 + dice_below(&w->dice, 3);
	for (uint32_t i = 0; i < count; i++)
		set_value(w, e, dice_below(&w->dice, (uint32_t)property_count(e)));
	if (dice_percent(&w->dice, 5))
		set_relation(w, e, 0);
	show(w, e, user, ret_state);
}

void entity_keep(struct entity *e, const struct buf *state)
{
	e->exists = true;
	buf_clear(&e->state);
	buf_add_span(&e->state, buf_span(state));
}

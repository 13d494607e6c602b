#include <string.h>

#include "tests/tools/corpus/message.h"

void add_trigger(struct world *w, uint32_t user, const char *origin, struct buf *out)
{
	const struct user *u = &w->users[user];
	ADD(out, "{\"by\":{\"orgId\":");
	add_quoted(out, w->org);
	ADD(out, ",\"userId\":");
	add_quoted(out, u->id);
	/* Port leaves the person out at times; the id is always there. */
	if (!u->machine && dice_percent(&w->dice, 60)) {
		ADD(out, ",\"user\":");
		buf_add_text(out, u->json);
	}
	ADD(out, "},\"origin\":");
	add_quoted(out, origin);
	ADD(out, ",\"at\":");
	add_quoted(out, w->now);
}

void add_automation(struct world *w, const char *operation, struct buf *out)
{
	ADD(out, "{\"inputs\":null,\"trigger\":{\"by\":{\"orgId\":");
	add_quoted(out, w->org);
	ADD(out, ",\"userId\":\"port\"},\"origin\":\"AUTOMATION\",\"at\":");
	add_quoted(out, w->now);
	ADD(out, ",\"operation\":");
	add_quoted(out, operation);
	ADD(out, "},\"event\":");
}

void add_automation_end(struct world *w, const char *action, struct buf *out)
{
	ADD(out, ",\"entity\":null,\"action\":{\"identifier\":");
	add_quoted(out, action);
	ADD(out, ",\"blueprint\":null,\"encryptedProperties\":[]},\"run\":{\"id\":\"");
	world_write_id(w, "r_", 16, out);
	ADD(out, "\"}}");
}

struct change {
	const char *verb;
	const struct entity *entity;
	const struct buf *before; /* NULL: there was none */
	const struct buf *after;
	const char *run_id; /* NULL: not in a run */
	const char *status;
	uint32_t user;
};

static void add_state(const struct buf *state, struct buf *out)
{
	if (state)
		buf_add_span(out, buf_span(state));
	else
		ADD(out, "null");
}

static void add_diff(const struct change *c, struct buf *out)
{
	ADD(out, "\"diff\":{\"before\":");
	add_state(c->before, out);
	ADD(out, ",\"after\":");
	add_state(c->after, out);
	buf_add_char(out, '}');
}

static const char *origin_of(struct world *w, uint32_t user)
{
	uint32_t odd = w->scale->odd ? dice_below(&w->dice, 100000) : 100000;
	if (odd < 30)
		return odd < 3 ? "TERRAFORM" : "SLACK";
	return w->users[user].machine ? dice_percent(&w->dice, 50) ? "API" : "my-exporter" : "UI";
}

/* As the change log has it (V1 to V3). */
static void write_logged(struct world *w, const struct change *c, struct buf *out)
{
	ADD(out, "{\"action\":");
	add_quoted(out, c->verb);
	ADD(out, ",\"resourceType\":\"entity\",\"status\":");
	add_quoted(out, c->status);
	ADD(out, ",\"trigger\":");
	add_trigger(w, c->user, origin_of(w, c->user), out);
	ADD(out, "},\"context\":{\"entity\":");
	add_quoted(out, c->entity->identifier);
	ADD(out, ",\"blueprint\":");
	add_quoted(out, c->entity->blueprint->identifier);
	if (c->run_id) {
		ADD(out, ",\"runId\":");
		add_quoted(out, c->run_id);
	}
	ADD(out, "},");
	add_diff(c, out);
	ADD(out, ",\"changelogDestination\":{\"type\":\"KAFKA\"}}");
}

/* As an automation sends it (V12): the cause is the inner trigger. */
static void write_automated(struct world *w, const struct change *c, struct buf *out)
{
	add_automation(w, c->verb, out);
	ADD(out, "{\"action\":");
	add_quoted(out, c->verb);
	ADD(out, ",\"resourceType\":\"entity\",\"trigger\":");
	add_trigger(w, c->user, origin_of(w, c->user), out);
	ADD(out, "},\"context\":{\"blueprintIdentifier\":");
	add_quoted(out, c->entity->blueprint->identifier);
	ADD(out, ",\"entityIdentifier\":");
	add_quoted(out, c->entity->identifier);
	ADD(out, ",\"propertyIdentifier\":null},");
	add_diff(c, out);
	buf_add_char(out, '}');
	add_automation_end(w, "record_changes", out);
}

/* A change that Port refused: shown, and not so. */
static void attempt(struct world *w, const struct entity *e, uint32_t user, struct buf *state)
{
	struct entity copy = *e;
	copy.state = (struct buf){ 0 };
	entity_update(w, &copy, user, state);
}

/* One in a hundred is told hours late, a few weeks: their time is not that of their arrival. */
static void be_late(struct world *w)
{
	uint32_t odd = dice_below(&w->dice, 10000);
	int64_t hours = odd < 5 ? 24 * 60 : odd < 100 ? 12 : 0;
	if (hours > 0)
		clock_format_utc(
			w->now_ms - 1000 * (int64_t)dice_below(&w->dice, (uint32_t)hours * 3600),
			w->now);
}

/* The catalog itself changes seldom: a row of the audit log (V18). */
static void message_catalog(struct world *w, struct message *m)
{
	static const char *const resources[] = { "blueprint", "blueprint", "blueprint", "scorecard",
		"integration", "team" };
	uint32_t user = world_pick_user(w);
	const struct blueprint *b = &w->blueprints[dice_below(&w->dice, w->scale->blueprints)];
	struct buf *out = &m->value;
	m->on_runs = false;
	m->key = b->identifier;
	m->partition_key = user;
	ADD(out, "{\"identifier\":\"");
	world_write_id(w, "ev_", 16, out);
	ADD(out, "\",\"action\":");
	add_quoted(out, dice_percent(&w->dice, 2) ? "RESTORE" : "UPDATE");
	ADD(out, ",\"resourceType\":");
	add_quoted(out, resources[dice_below(&w->dice, 6)]);
	ADD(out, ",\"status\":");
	add_quoted(out, dice_percent(&w->dice, 1) ? "PARTIAL" : "SUCCESS");
	ADD(out, ",\"trigger\":");
	add_trigger(w, user, origin_of(w, user), out);
	ADD(out, "},\"context\":{\"blueprint\":");
	add_quoted(out, b->identifier);
	ADD(out, "},\"diff\":{\"before\":{\"identifier\":");
	add_quoted(out, b->identifier);
	ADD(out, ",\"title\":\"Before\"},\"after\":{\"identifier\":");
	add_quoted(out, b->identifier);
	ADD(out, ",\"title\":\"");
	world_write_text(w, 3, out);
	ADD(out, "\"}}}");
}

void message_change(struct world *w, struct runs *r, struct message *m)
{
	if (w->scale->odd)
		be_late(w);
	if (w->scale->odd && dice_below(&w->dice, 2000) == 0) {
		message_catalog(w, m);
		return;
	}
	struct entity *e = world_pick_entity(w);
	struct change c = {
		.verb = "UPDATE",
		.entity = e,
		.before = e->exists ? &e->state : NULL,
		.after = &m->state,
		.status = "SUCCESS",
		.user = world_pick_user(w),
	};
	bool failed = false;
	if (!e->exists) {
		c.verb = "CREATE";
		entity_create(w, e, c.user, &m->state);
	} else if (dice_percent(&w->dice, 2)) {
		c.verb = "DELETE";
		c.after = NULL;
	} else if (dice_below(&w->dice, 200) == 0) {
		failed = true;
		c.status = "FAILURE";
		attempt(w, e, c.user, &m->state);
	} else {
		entity_update(w, e, c.user, &m->state);
	}
	uint32_t in_runs = w->users[c.user].machine ? 60 : w->scale->in_runs;
	if (in_runs > 0 && r->count > 0 && dice_percent(&w->dice, in_runs))
		c.run_id = r->open[r->first].id;
	/* Automations see what happened, not what was refused. */
	m->on_runs = !failed && dice_percent(&w->dice, w->scale->automated);
	m->key = e->identifier;
	m->partition_key = e->number;
	if (m->on_runs)
		write_automated(w, &c, &m->value);
	else
		write_logged(w, &c, &m->value);
	if (!c.after)
		e->exists = false;
	else if (!failed)
		entity_keep(e, &m->state);
}

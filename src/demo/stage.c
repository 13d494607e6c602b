#include "demo/stage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "demo/catalog.h"
#include "demo/message.h"

enum { SECOND_MS = 1000 };

static bool is_before(const struct step *a, const struct step *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct step *a, struct step *b)
{
	struct step other = *a;
	*a = *b;
	*b = other;
}

static void heap_push(struct stage *stage, struct step step)
{
	if (stage->step_count == stage->step_capacity) {
		stage->step_capacity = stage->step_capacity ? 2 * stage->step_capacity : 256;
		stage->steps =
			xreallocarray(stage->steps, stage->step_capacity, sizeof(*stage->steps));
	}
	size_t at = stage->step_count++;
	stage->steps[at] = step;
	for (; at > 0 && is_before(&stage->steps[at], &stage->steps[(at - 1) / 2]);
		at = (at - 1) / 2)
		swap(&stage->steps[at], &stage->steps[(at - 1) / 2]);
}

static struct step heap_pop(struct stage *stage)
{
	struct step first = stage->steps[0];
	stage->steps[0] = stage->steps[--stage->step_count];
	for (size_t at = 0;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < stage->step_count &&
				is_before(&stage->steps[child], &stage->steps[least]))
				least = child;
		if (least == at)
			return first;
		swap(&stage->steps[at], &stage->steps[least]);
		at = least;
	}
}

static void step_release(struct step *step)
{
	free(step->subject);
	free(step->run);
	free(step->text);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void stage_plan(struct stage *stage, int64_t at_ms, enum verb verb, const char *who,
	const char *subject, const char *run, const char *text)
{
	heap_push(stage, (struct step){ .at_ms = at_ms,
				 .order = stage->planned++,
				 .verb = verb,
				 .who = cast_find(who),
				 .subject = copy(subject),
				 .run = copy(run),
				 .text = copy(text) });
}

void stage_release(struct stage *stage)
{
	for (size_t i = 0; i < stage->step_count; i++)
		step_release(&stage->steps[i]);
	free(stage->steps);
	for (size_t i = 0; i < stage->run_count; i++)
		run_free(stage->runs[i]);
	free(stage->runs);
	text_pairs_clear(&stage->run_ids);
	world_release(&stage->world);
	buf_free(&stage->payload);
	buf_free(&stage->key);
	buf_free(&stage->run_id);
}

/* NULL where it has not begun, or has ended. */
static struct run *run_find(const struct stage *stage, const char *handle)
{
	for (size_t i = 0; handle && i < stage->run_count; i++)
		if (strcmp(stage->runs[i]->handle, handle) == 0)
			return stage->runs[i];
	return NULL;
}

const char *stage_handle(const struct stage *stage, const char *run_id)
{
	for (size_t i = 0; i < stage->run_count; i++)
		if (strcmp(stage->runs[i]->id, run_id) == 0)
			return stage->runs[i]->handle;
	return NULL;
}

static struct run *run_begin(struct stage *stage, const struct step *step, const char *status)
{
	char *action = xstrndup(step->run, strcspn(step->run, ":"));
	struct buf id = { 0 };
	struct buf inputs = { 0 };
	struct json_writer w = { .out = &inputs };
	struct run *run = xcalloc(1, sizeof(*run));
	dice_id(&stage->dice, "r_", 16, &id);
	assignments_write(step->text ? step->text : "", &w);
	run->handle = xstrdup(step->run);
	run->id = buf_take(&id);
	run->action = action_find(action);
	run->who = step->who;
	run->subject = copy(step->subject);
	run->inputs = buf_take(&inputs);
	run->status = status;
	run->created_ms = run->updated_ms = step->at_ms;
	stage->runs = xreallocarray(stage->runs, stage->run_count + 1, sizeof(struct run *));
	stage->runs[stage->run_count++] = run;
	if (!strchr(run->handle, '~'))
		text_pairs_set(&stage->run_ids, run->handle, run->id);
	free(action);
	return run;
}

static void run_end(struct stage *stage, struct run *run)
{
	size_t at = 0;
	while (stage->runs[at] != run)
		at++;
	stage->runs[at] = stage->runs[--stage->run_count];
	run_free(run);
}

/* An automation tells of something: it runs, and its run ends some seconds later. */
static struct run *automation_begin(
	struct stage *stage, const struct step *step, const char *action)
{
	char *handle = xasprintf("%s:~%llu", action, (unsigned long long)stage->planned);
	const struct step own = { .at_ms = step->at_ms, .who = cast_find("port"), .run = handle };
	struct run *run = run_begin(stage, &own, "IN_PROGRESS");
	stage_plan(stage, step->at_ms + (2 + dice_below(&stage->dice, 8)) * SECOND_MS, VERB_SUCCEED,
		"port", NULL, handle, "Delivered");
	free(handle);
	return run;
}

static char *event_id(struct stage *stage)
{
	struct buf id = { 0 };
	dice_id(&stage->dice, "event_", 16, &id);
	return buf_take(&id);
}

static void state_write(const struct entity *entity, struct buf *out)
{
	struct json_writer w = { .out = out };
	entity_write(entity, &w);
}

/* Tells of a change in the way its blueprint's changes are told. Returns the topic. */
static const char *tell_change(
	struct stage *stage, const struct step *step, const struct catalog_change *change)
{
	const struct action *automation =
		change->entity ? action_of_changes(change->blueprint) : NULL;
	if (!automation) {
		message_change(change, &stage->payload);
		return STORY_CHANGE_LOG;
	}
	char *id = event_id(stage);
	struct run *run = automation_begin(stage, step, automation->identifier);
	message_change_automation(change, run, id, STORY_SECRET, &stage->payload);
	buf_add_text(&stage->run_id, run->id);
	free(id);
	return STORY_RUNS;
}

static const char *perform_blueprint(struct stage *stage, const struct step *step)
{
	struct buf after = { 0 };
	catalog_blueprint_write(step->subject, step->text, step->who, step->at_ms, &after);
	const struct catalog_change change = { .operation = "CREATE",
		.resource = "blueprint",
		.who = step->who,
		.at_ms = step->at_ms,
		.blueprint = step->subject,
		.after = buf_span(&after) };
	const char *topic = tell_change(stage, step, &change);
	buf_add_text(&stage->key, step->subject);
	buf_free(&after);
	return topic;
}

/* What a change makes of its entity; NULL where it is deleted. */
static struct entity *changed(struct stage *stage, const struct step *step, struct entity *entity)
{
	char *why = step->verb == VERB_REFUSED ? strchr(step->text, '|') : NULL;
	if (step->verb == VERB_DELETE)
		return NULL;
	if (why)
		*why = '\0';
	if (step->verb == VERB_CREATE) {
		entity = world_add(&stage->world, step->subject, &stage->dice);
		entity->created_ms = step->at_ms;
		entity->created_by = step->who;
	}
	entity->updated_ms = step->at_ms;
	entity->updated_by = step->who;
	if (step->text[0] == '{')
		entity_set_json(entity, span_of(step->text));
	else
		entity_set(entity, step->text);
	return entity;
}

static struct span span_or_absent(const struct buf *b)
{
	return b->data ? buf_span(b) : (struct span){ 0 };
}

/* CREATE, UPDATE, DELETE of an entity. What is refused is told as if it had been done. */
static const char *perform_change(struct stage *stage, const struct step *step)
{
	static const char *const operations[] = { [VERB_CREATE] = "CREATE",
		[VERB_UPDATE] = "UPDATE",
		[VERB_DELETE] = "DELETE",
		[VERB_REFUSED] = "UPDATE" };
	struct buf before = { 0 };
	struct buf after = { 0 };
	const struct run *run = run_find(stage, step->run);
	struct entity *there = world_find(&stage->world, step->subject);
	struct entity *proposed = step->verb == VERB_REFUSED ? entity_dup(there) : NULL;
	assert((there != NULL) == (step->verb != VERB_CREATE));
	assert(run || !step->run);
	if (there)
		state_write(there, &before);
	struct entity *entity = changed(stage, step, proposed ? proposed : there);
	if (entity)
		state_write(entity, &after);

	const struct catalog_change change = { .operation = operations[step->verb],
		.resource = "entity",
		.who = step->who,
		.at_ms = step->at_ms,
		.blueprint = (entity ? entity : there)->blueprint,
		.entity = (entity ? entity : there)->identifier,
		.run_id = run ? run->id : NULL,
		.message = proposed ? step->text + strlen(step->text) + strlen("| ") : NULL,
		.before = span_or_absent(&before),
		.after = span_or_absent(&after) };
	const char *topic = tell_change(stage, step, &change);
	buf_add_text(&stage->key, change.entity);
	if (step->verb == VERB_DELETE)
		world_remove(&stage->world, there);
	entity_free(proposed);
	buf_free(&before);
	buf_free(&after);
	return topic;
}

static const char *perform_timer(struct stage *stage, const struct step *step)
{
	const struct entity *entity = world_find(&stage->world, step->subject);
	assert(entity);
	message_timer(entity, step->text, step->at_ms, &stage->payload);
	buf_add_text(&stage->key, entity->identifier);
	return STORY_CHANGE_LOG;
}

static const char *perform_request(struct stage *stage, const struct step *step)
{
	struct run *run = run_find(stage, step->run);
	if (!run)
		run = run_begin(stage, step, "IN_PROGRESS");
	const struct entity *entity = run->subject ? world_find(&stage->world, run->subject) : NULL;
	message_request(run, entity,
		step->verb == VERB_FORGED ? "halyard-secret-of-last-year" : STORY_SECRET,
		&stage->payload);
	buf_add_text(&stage->key, run->id);
	buf_add_text(&stage->run_id, run->id);
	return STORY_RUNS;
}

/* Tells of a run's update in the way of its action. before is its state as it was. */
static const char *tell_update(
	struct stage *stage, const struct step *step, const struct run *run, struct span before)
{
	buf_add_text(&stage->key, run->id);
	if (run->action->update == UPDATE_CHANGE_LOG) {
		message_run_change(run, step->who, before, &stage->payload);
		return STORY_CHANGE_LOG;
	}
	char *id = event_id(stage);
	struct run *teller = automation_begin(stage, step, "tell_run_updates");
	message_run_automation(run, step->who, before, teller, id, STORY_SECRET, &stage->payload);
	buf_add_text(&stage->run_id, teller->id);
	free(id);
	return STORY_RUNS;
}

static const char *perform_ask(struct stage *stage, const struct step *step)
{
	const struct run *run = run_begin(stage, step, "WAITING_FOR_APPROVAL");
	return tell_update(stage, step, run, (struct span){ 0 });
}

static void run_change(struct run *run, const struct step *step)
{
	switch (step->verb) {
	case VERB_APPROVE:
		run->status = "IN_PROGRESS";
		run->approver = step->who;
		run->approval = "APPROVED";
		run->reason = copy(step->text);
		break;
	case VERB_DECLINE:
		run->status = "FAILURE";
		run->approver = step->who;
		run->approval = "DECLINED";
		run->reason = copy(step->text);
		break;
	case VERB_LABEL:
		free(run->label);
		run->label = copy(step->text);
		break;
	default:
		run->status = step->verb == VERB_SUCCEED ? "SUCCESS" : "FAILURE";
		run->summary = copy(step->text);
	}
	run->updated_ms = step->at_ms;
	if (strcmp(run->status, "IN_PROGRESS") != 0)
		run->ended_ms = step->at_ms;
}

static const char *perform_update(struct stage *stage, const struct step *step)
{
	struct buf before = { 0 };
	struct json_writer w = { .out = &before };
	struct run *run = run_find(stage, step->run);
	assert(run);
	run_write(run, &w);
	run_change(run, step);
	const char *topic = tell_update(stage, step, run, buf_span(&before));
	buf_free(&before);
	if (run->ended_ms)
		run_end(stage, run);
	return topic;
}

typedef const char *perform(struct stage *stage, const struct step *step);
static perform *const performs[] = {
	[VERB_BLUEPRINT] = perform_blueprint,
	[VERB_CREATE] = perform_change,
	[VERB_UPDATE] = perform_change,
	[VERB_DELETE] = perform_change,
	[VERB_REFUSED] = perform_change,
	[VERB_TIMER] = perform_timer,
	[VERB_ASK] = perform_ask,
	[VERB_APPROVE] = perform_update,
	[VERB_DECLINE] = perform_update,
	[VERB_REQUEST] = perform_request,
	[VERB_FORGED] = perform_request,
	[VERB_LABEL] = perform_update,
	[VERB_SUCCEED] = perform_update,
	[VERB_FAIL] = perform_update,
};

void stage_perform(struct stage *stage, struct story_message *ret_message)
{
	struct step step = heap_pop(stage);
	if (step.at_ms <= stage->last_ms)
		step.at_ms = stage->last_ms + 1;
	stage->last_ms = step.at_ms;
	buf_clear(&stage->payload);
	buf_clear(&stage->key);
	buf_clear(&stage->run_id);
	ret_message->topic = performs[step.verb](stage, &step);
	ret_message->key = buf_span(&stage->key);
	ret_message->timestamp_ms = step.at_ms;
	ret_message->payload = buf_span(&stage->payload);
	ret_message->header = (struct record_header){ 0 };
	if (stage->run_id.length > 0)
		ret_message->header = (struct record_header){ .name = span_of("RUN_ID"),
			.value = buf_span(&stage->run_id) };
	step_release(&step);
}

#include "demo/story.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "demo/catalog.h"
#include "demo/flows.h"
#include "demo/scenes.h"

enum {
	MINUTE_MS = 60000,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
	SETTING_UP_MS = 30 * MINUTE_MS, /* the catalog's first entities come first */
	CALM_MS = 100 * MINUTE_MS,      /* the last scene has the stage for itself */
	SEED = 1852,
};

struct beginning {
	int64_t at_ms;
	size_t flow;
};

struct story {
	struct stage stage;
	struct beginning *beginnings; /* of flows, by time */
	size_t beginning_count;
	size_t begun;
};

static int by_time(const void *a, const void *b)
{
	const struct beginning *left = a;
	const struct beginning *right = b;
	if (left->at_ms != right->at_ms)
		return left->at_ms < right->at_ms ? -1 : 1;
	return (left->flow > right->flow) - (left->flow < right->flow);
}

/* Of 16 chances, how many something has to happen at that time. */
static uint32_t bustle(int64_t at_ms, bool people)
{
	int64_t hour = (at_ms / HOUR_MS % 24 + 24) % 24;
	int64_t weekday = ((at_ms / DAY_MS + 4) % 7 + 7) % 7;
	bool works = weekday != 0 && weekday != 6 && hour >= 7 && hour < 18;
	bool lunch = hour == 11;
	return works ? (lunch ? 9 : 16) : people ? 1 : 4;
}

static int64_t some_time(struct dice *dice, int64_t from_ms, int64_t until_ms, bool people)
{
	uint32_t minutes = (uint32_t)((until_ms - from_ms) / MINUTE_MS);
	for (;;) {
		int64_t at_ms = from_ms + (int64_t)dice_below(dice, minutes) * MINUTE_MS;
		at_ms += dice_below(dice, MINUTE_MS);
		if (dice_below(dice, 16) < bustle(at_ms, people))
			return at_ms;
	}
}

/* Flows until there are so many messages. */
static void begin_flows(struct story *story, int64_t from_ms, int64_t until_ms, size_t messages)
{
	struct dice *dice = &story->stage.dice;
	story->beginnings = xreallocarray(NULL, messages, sizeof(*story->beginnings));
	while (messages > 0) {
		size_t flow = flow_pick(dice, messages);
		story->beginnings[story->beginning_count++] = (struct beginning){
			.at_ms = some_time(dice, from_ms, until_ms, flow_needs_people(flow)),
			.flow = flow,
		};
		messages -= flow_messages(flow);
	}
	qsort(story->beginnings, story->beginning_count, sizeof(*story->beginnings), by_time);
}

/* How many messages the scenes make: they are played once, for nobody. */
static size_t scripted(int64_t now_ms)
{
	struct story *story = story_new(now_ms, 0);
	struct story_message message;
	size_t count = 0;
	while (story_next(story, &message))
		count++;
	story_free(story);
	return count;
}

struct story *story_new(int64_t now_ms, size_t count)
{
	struct story *story = xcalloc(1, sizeof(*story));
	int64_t begin_ms = scenes_begin_ms(now_ms);
	size_t script = count > 0 ? scripted(now_ms) : 0;
	story->stage.dice.state = SEED;
	story->stage.last_ms = begin_ms;
	catalog_plan(&story->stage, begin_ms);
	scenes_plan(&story->stage, now_ms);
	if (count > script)
		begin_flows(story, begin_ms + SETTING_UP_MS, now_ms - CALM_MS - FLOW_LONGEST_MS,
			count - script);
	return story;
}

void story_free(struct story *story)
{
	if (!story)
		return;
	stage_release(&story->stage);
	free(story->beginnings);
	free(story);
}

bool story_due(const struct story *story, int64_t *ret_ms)
{
	bool flow = story->begun < story->beginning_count;
	bool step = story->stage.step_count > 0;
	if (!flow && !step)
		return false;
	int64_t flow_ms = flow ? story->beginnings[story->begun].at_ms : INT64_MAX;
	int64_t step_ms = step ? story->stage.steps[0].at_ms : INT64_MAX;
	*ret_ms = flow_ms < step_ms ? flow_ms : step_ms;
	return true;
}

bool story_next(struct story *story, struct story_message *ret_message)
{
	int64_t due_ms;
	if (!story_due(story, &due_ms))
		return false;
	while (story->begun < story->beginning_count &&
		story->beginnings[story->begun].at_ms <= due_ms) {
		const struct beginning *beginning = &story->beginnings[story->begun++];
		flow_plan(&story->stage, beginning->flow, beginning->at_ms);
	}
	stage_perform(&story->stage, ret_message);
	return true;
}

void story_go_on(struct story *story, int64_t at_ms)
{
	flow_plan(&story->stage, flow_pick(&story->stage.dice, SIZE_MAX), at_ms);
}

void story_ask(struct story *story, int64_t at_ms, const char *who, const char *subject,
	const char *handle, const char *inputs)
{
	stage_plan(&story->stage, at_ms, VERB_REQUEST, who, subject, handle, inputs);
}

void story_tell_entity(struct story *story, int64_t at_ms, const char *run_id,
	const char *blueprint, const char *identifier, const char *json)
{
	const char *handle = stage_handle(&story->stage, run_id);
	if (!handle)
		return;
	char *name = xasprintf("%s/%s", blueprint, identifier);
	bool there = world_find(&story->stage.world, name) != NULL;
	stage_plan(&story->stage, at_ms, there ? VERB_UPDATE : VERB_CREATE, "portlog", name, handle,
		json);
	free(name);
}

void story_tell_end(
	struct story *story, int64_t at_ms, const char *run_id, bool succeeded, const char *summary)
{
	const char *handle = stage_handle(&story->stage, run_id);
	if (handle)
		stage_plan(&story->stage, at_ms, succeeded ? VERB_SUCCEED : VERB_FAIL, "portlog",
			NULL, handle, summary);
}

const char *story_run_id(const struct story *story, const char *handle)
{
	return text_pairs_get(&story->stage.run_ids, handle);
}

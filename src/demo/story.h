/* A month of a small company's portal, as the messages that Port would have published. Pure: the
 * same end gives the same story. The company, its people and its machines are invented. */
#ifndef PORTLOG_DEMO_STORY_H
#define PORTLOG_DEMO_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/record.h"

#define STORY_ORG "org_Halyard4Xw7Qm2Lp"
#define STORY_RUNS STORY_ORG ".runs"
#define STORY_CHANGE_LOG STORY_ORG ".change.log"
/* What Port signs with; the demo's own. */
#define STORY_SECRET "halyard-demo-client-secret-8c1d5e0b"

struct story;

/* Borrowed until the next one. Port gives each topic one partition, unless asked for more. */
struct story_message {
	const char *topic;
	struct span key;
	struct record_header header;
	int64_t timestamp_ms;
	struct span payload;
};

/* The story that ends at now_ms, of count messages; the scripted scenes come in any case. */
struct story *story_new(int64_t now_ms, size_t count);
void story_free(struct story *story);
/* In order of time; false at the end. */
bool story_next(struct story *story, struct story_message *ret_message);
/* When the next one is due; false at the end. */
bool story_due(const struct story *story, int64_t *ret_ms);
/* Behind the end: one more thing happens in the company, from that time on. */
void story_go_on(struct story *story, int64_t at_ms);
/* Behind the end: somebody asks for a run, with inputs as in demo/world.h. */
void story_ask(struct story *story, int64_t at_ms, const char *who, const char *subject,
	const char *handle, const char *inputs);
/* portlog tells of the run: of an entity, as the JSON that Port's API is given; of its end. Nothing
 * comes of it where no run of that id goes on. */
void story_tell_entity(struct story *story, int64_t at_ms, const char *run_id,
	const char *blueprint, const char *identifier, const char *json);
void story_tell_end(struct story *story, int64_t at_ms, const char *run_id, bool succeeded,
	const char *summary);
/* The id of a scripted run that was told of already; handle as in demo/scenes.c. */
const char *story_run_id(const struct story *story, const char *handle);

#endif

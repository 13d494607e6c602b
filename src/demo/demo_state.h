/* What the parts of the demo's machinery share. */
#ifndef PORTLOG_DEMO_DEMO_STATE_H
#define PORTLOG_DEMO_DEMO_STATE_H

#include "demo/acting.h"
#include "demo/child.h"
#include "demo/demo.h"
#include "kafka/mock.h"
#include "store/reader.h"

enum {
	DEMO_LOOK_AGAIN_MS = 4,
	DEMO_STALLED_MS = 60000, /* nothing recorded for so long: something is wrong */
};

/* Messages that wait until another topic's are recorded. */
struct waiting {
	struct record *records; /* their texts are their own */
	struct record_header *headers;
	size_t count;
	size_t capacity;
};

struct demo {
	char *directory;
	char *store;
	char *config;
	char *log;
	char *zone;
	int64_t now_ms;
	int64_t acts; /* how much has happened behind the story's end */
	size_t messages;
	struct story *story;
	struct mock *mock;
	struct acting *acting;
	struct child recorder;
	struct waiting waiting;
	sqlite3 *reader; /* NULL: there is no store yet */
	size_t published;
	int64_t live_ms; /* when something begins again */
};

struct record demo_record_of(const struct story_message *message);
bool demo_publish(struct demo *demo, const struct record *record, struct error *err);
/* Until all that was published is in the store. */
bool demo_wait_recorded(struct demo *demo, demo_tick *tick, void *data, struct error *err);

#endif

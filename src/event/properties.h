/* The properties that a record's changes changed: the diff of before and after of each. */
#ifndef PORTLOG_EVENT_PROPERTIES_H
#define PORTLOG_EVENT_PROPERTIES_H

#include "base/arena.h"
#include "event/event.h"

struct property {
	uint32_t idx; /* of the event */
	struct span path;
	struct span old_value; /* exact JSON text in the record's value; absent: was not there */
	struct span new_value;
};

/* Reused from record to record. Starts as { 0 }. */
struct properties {
	struct property *items;
	size_t count;
	size_t capacity;
	struct arena paths;
};

/* Of all changes, also those that failed and of other resources than entities. */
void properties_collect(struct properties *p, const struct events *events);
void properties_release(struct properties *p);

/* A change that took place: failed ones are listed, but changed nothing. */
bool event_succeeded(const struct event *event);
/* The same of an entity, which has states. */
bool event_happened(const struct event *event);

#endif

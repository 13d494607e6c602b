/* A JSON object as it grows: a later member replaces an earlier one of the same name. */
#ifndef PORTLOG_ACTION_MEMBERS_H
#define PORTLOG_ACTION_MEMBERS_H

#include "base/buf.h"

/* Texts lie in texts, one behind the other. */
struct member {
	size_t key, key_length; /* as JSON string */
	size_t value, value_length;
};

struct members {
	struct member *items;
	size_t count, capacity;
	struct buf texts;
};

/* Starts as { 0 }. value is JSON. */
void members_add(struct members *m, struct span name, struct span value);
/* Appends the object; of each name the last one stays, where it is. */
void members_write(struct members *m, struct buf *out);
void members_release(struct members *m);

#endif

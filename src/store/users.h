/* People and machines: one row each, by id, else by e-mail address, else by name. What a later
 * message tells (an address, a name) is added. */
#ifndef PORTLOG_STORE_USERS_H
#define PORTLOG_STORE_USERS_H

#include "event/event.h"
#include "store/stmt.h"

struct users;

struct users *users_new(struct connection *c);
void users_free(struct users *u);
/* After a rollback: rows that were made since do not exist. */
void users_forget(struct users *u);

/* The row of that identity, seen at that time; 0 for an identity that says nothing. */
bool users_see(struct users *u, const struct identity *who, int64_t time_ms, int64_t *ret_id,
	struct error *err);
/* Writes when everybody was seen: before each commit, not with each message. */
bool users_flush(struct users *u, struct error *err);

#endif

/* Who set each property of an entity: the newest change that gave it the value it has. */
#ifndef PORTLOG_QUERY_BLAME_H
#define PORTLOG_QUERY_BLAME_H

#include "base/text_list.h"
#include "query/state.h"

/* PROVEN: the change set it. INFERRED: a change that tells only what it left, and before it the
 * property was otherwise. UNKNOWN: no change here set it; `change` is the first that saw it so. */
struct blame_entry {
	struct span path;
	struct span value; /* JSON text, a part of the state's; absent: it was removed */
	struct span old;   /* what the change replaced; absent: it was not there, or is not known */
	enum certainty certainty;
	bool has_change;
	struct change change;
};

/* Starts as { 0 }. */
struct blame {
	struct arena texts;
	struct state state;
	struct blame_entry *entries; /* in the order of the state */
	size_t count;
	struct text_list missing; /* names that fit no property */
	char *nearest;            /* of the first of those: what was probably meant; or NULL */
};

/* names: of properties, whole paths or without "properties." or "relations."; with wildcards; of an
 * object: all it holds. Empty: every property. removed: a name that fits nothing in the state may
 * be one that was there, and was removed. */
struct blame_request {
	int64_t entity;
	int64_t at_ms; /* INT64_MAX: now */
	const struct text_list *names;
	bool removed;
};
bool blame_make(sqlite3 *database, const struct blame_request *request, struct blame *blame,
	struct error *err);
void blame_release(struct blame *blame);

/* The path without "properties." or "relations.", where people do without. */
struct span property_short(struct span path);
bool property_is_named(struct span path, const char *name);

#endif

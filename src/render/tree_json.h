/* What the tree commands find, as one JSON object each. */
#ifndef PORTLOG_RENDER_TREE_JSON_H
#define PORTLOG_RENDER_TREE_JSON_H

#include "query/blame.h"
#include "query/cause.h"

/* Which entity it is about; at_ms INT64_MAX: now. */
struct tree_subject {
	struct span blueprint;
	struct span entity;
	int64_t at_ms;
};

void state_json(const struct tree_subject *subject, const struct state *state, struct buf *out);
void blame_json(const struct tree_subject *subject, const struct blame *blame, struct buf *out);
/* sentence: the same for people. */
void why_json(const struct tree_subject *subject, const struct blame_entry *entry,
	const struct causes *causes, struct span sentence, struct buf *out);

#endif

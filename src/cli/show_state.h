/* portlog show ENTITY --at TIME */
#ifndef PORTLOG_CLI_SHOW_STATE_H
#define PORTLOG_CLI_SHOW_STATE_H

#include "cli/entity_argument.h"
#include "render/tree_json.h"

bool show_state(struct invocation *call, const struct entity_argument *entity, int64_t at_ms,
	bool json, struct error *err);

struct tree_subject tree_subject(const struct entity_argument *entity, int64_t at_ms);
/* One JSON value to stdout; on a terminal what could drive it is escaped. out is emptied. */
void write_json(const struct invocation *call, struct buf *out);
/* Who made the change, with what, and its number: "UPDATE by U in run R (seq N)". */
void add_change_origin(const struct change *change, struct buf *out);

/* False, and ERROR_NEGATIVE, where there was nothing at that time, or nothing is known of it. */
bool check_state(const struct tree_subject *subject, const struct state *state, struct error *err);
/* Likewise where a property was named that the entity has not. */
bool check_names(const struct tree_subject *subject, const struct blame *blame, struct error *err);

#endif

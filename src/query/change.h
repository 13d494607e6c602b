/* One change of the catalog, with the states around it: what the tree commands (show --at, diff,
 * blame, why) are made of. */
#ifndef PORTLOG_QUERY_CHANGE_H
#define PORTLOG_QUERY_CHANGE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/json_scan.h"
#include "query/field.h"

/* Texts are absent where nothing told them. */
struct change {
	int64_t seq;
	int64_t idx;
	int64_t time_ms;
	int64_t entity_id; /* 0: of no entity */
	struct span operation;
	struct span resource;
	struct span status;
	struct span origin;
	struct span actor;
	struct span user_id;
	struct span blueprint;
	struct span entity;
	struct span title;
	struct span run_id;
	struct span action;
	struct span message;
	bool has_before;
	bool has_after;
};

/* "SELECT …" of the columns of c, a row of the table change; and the joins for their names, which
 * go behind whatever FROM finds c. */
extern const char change_columns[];
extern const char change_names[];
/* The row that the statement stands on; texts are copied into the arena. */
void change_read(sqlite3_stmt *row, struct arena *texts, struct change *ret_change);

/* An entity's change that took place: failed ones changed nothing. */
bool change_happened(const struct change *change);
bool change_deletes(const struct change *change);
bool change_creates(const struct change *change);
bool change_is(const struct change *a, const struct change *b);

struct change_list {
	struct change *items;
	size_t count;
};
void change_list_add(struct change_list *list, const struct change *change);
void change_list_release(struct change_list *list);

/* All changes that a record tells of, by idx. */
bool changes_of_record(sqlite3 *database, int64_t seq, struct arena *texts,
	struct change_list *list, struct error *err);

/* An entity's state as JSON. Starts as { 0 }; may be read into again. */
struct state_text {
	struct buf text;
	struct json_doc doc;
	json_index at; /* JSON_ABSENT: there is none */
};
void state_text_set(struct state_text *state, struct span json); /* absent: none */
void state_text_release(struct state_text *state);

struct states {
	struct state_text before;
	struct state_text after;
};
bool states_read(
	sqlite3 *database, const struct change *change, struct states *states, struct error *err);
void states_release(struct states *states);

#endif

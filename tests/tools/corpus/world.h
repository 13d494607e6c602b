/* The company that the corpus tells of: its people, its catalog as it changes, its actions, and the
 * words that are used there. All of it follows from the seed. */
#ifndef PORTLOG_TESTS_TOOLS_CORPUS_WORLD_H
#define PORTLOG_TESTS_TOOLS_CORPUS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "tests/tools/corpus/random.h"

enum {
	BLUEPRINT_KINDS = 10,
	PROPERTY_MAX = 13,
	VALUE_SIZE = 420,
};

/* How big the company is, and what its messages are made of. */
struct scale {
	uint32_t users;
	uint32_t machines;   /* of the users, the last ones */
	uint32_t blueprints; /* at most BLUEPRINT_KINDS times VARIANT_COUNT */
	uint32_t actions;
	uint32_t entities;
	/* (entities + 1)^0.3 - 1 with 20 binary places, and places for its third root (world.c). */
	uint64_t pick_range;
	int pick_places;
	/* Percent: of messages, changes; of changes, those an automation sends; of runs' ends, too.
	 */
	uint32_t changes;
	uint32_t automated;
	uint32_t automated_ends;
	uint32_t in_runs;  /* of people's changes, those that name a run */
	uint32_t sentence; /* words at least, and twice as many at most */
	/* What a long history has: rare values, tickets that are named once or twice, changes that
	 * are told late, messages that come out of order. */
	bool odd;
};

extern const struct scale scale_normal, scale_large;

struct user {
	bool machine;
	char id[64];
	char json[700]; /* the user object; "" for machines */
};

struct blueprint {
	char identifier[24];
	const char *icon;
	const char *properties[PROPERTY_MAX][2]; /* name, kind (world.c); ends early with NULL */
	const char *relations[2];                /* each names a blueprint */
};

struct entity {
	uint32_t number;
	const struct blueprint *blueprint;
	char identifier[48];
	char title[48];
	bool exists;
	char values[PROPERTY_MAX][VALUE_SIZE]; /* JSON texts */
	char relations[2][48];
	char created_at[RFC3339_SIZE];
	uint32_t created_by;
	struct buf state; /* as it was last shown: the next change's "before" */
};

struct world {
	struct dice dice;
	const struct scale *scale;
	const char *org;
	int64_t now_ms;
	char now[RFC3339_SIZE];
	uint32_t made; /* messages so far: the vocabulary grows with them */
	uint32_t words;
	struct user *users;
	struct blueprint *blueprints;
	struct entity *entities;
};

extern const struct blueprint blueprint_kinds[BLUEPRINT_KINDS];

/* Where there are more blueprints or actions than kinds of them: what stands behind the name of
 * each further round of the kinds; "" for the first. */
const char *world_variant(uint32_t round);

void world_init(struct world *w, const struct scale *scale, const char *org, uint64_t seed);
void world_release(struct world *w);
void world_set_time(struct world *w, int64_t now_ms);

/* Few entities change often, most seldom (Zipf, exponent 0.7). */
struct entity *world_pick_entity(struct world *w);
/* A user, people far more often than machines. */
uint32_t world_pick_user(struct world *w);

/* One word of those in use, and a sentence of count of them. */
void world_write_word(struct world *w, struct buf *out);
void world_write_text(struct world *w, uint32_t count, struct buf *out);
/* A random id: prefix and length characters of letters and digits. */
void world_write_id(struct world *w, const char *prefix, uint32_t length, struct buf *out);

/* Fills a new entity, or changes one to three properties of one that is there, and shows it in
 * ret_state (emptied before). The entity itself remembers the state only with entity_keep. */
void entity_create(struct world *w, struct entity *e, uint32_t user, struct buf *ret_state);
void entity_update(struct world *w, struct entity *e, uint32_t user, struct buf *ret_state);
void entity_keep(struct entity *e, const struct buf *state);

#define ADD(out, literal) buf_add(out, literal, sizeof(literal) - 1)
void add_number(struct buf *out, uint64_t value);
/* "value", for texts that hold nothing to escape */
void add_quoted(struct buf *out, const char *value);

#endif

/* The demo's catalog as it stands: entities whose states evolve. */
#ifndef PORTLOG_DEMO_WORLD_H
#define PORTLOG_DEMO_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_write.h"
#include "demo/cast.h"

/* Assignments, as scenes are written: "replicas=6; title='Checkout'; relations.env='staging'".
 * A value is JSON with ' for "; without one the member is taken away. A name alone is a property;
 * title, team, icon and relations.NAME are what they say. */
enum member_group {
	MEMBER_TOP,
	MEMBER_PROPERTY,
	MEMBER_RELATION,
};

struct world_member {
	enum member_group group;
	char *name;
	char *json;
};

struct entity {
	char *blueprint;
	char *identifier;
	char *internal_id; /* "e_…" */
	struct world_member *members;
	size_t member_count;
	bool is_leaving; /* its deletion is planned */
	int64_t created_ms;
	int64_t updated_ms;
	const struct actor *created_by;
	const struct actor *updated_by;
};

struct world {
	struct entity **entities;
	size_t count;
};

void world_release(struct world *world);

/* name is BLUEPRINT/IDENTIFIER. The entity must not be there. */
struct entity *world_add(struct world *world, const char *name, struct dice *dice);
void world_remove(struct world *world, struct entity *entity);
/* NULL: not there. */
struct entity *world_find(const struct world *world, const char *name);
/* How many of a blueprint there are, and the one at that place among them. */
uint32_t world_count(const struct world *world, const char *blueprint);
struct entity *world_at(const struct world *world, const char *blueprint, uint32_t place);

void entity_set(struct entity *entity, const char *assignments);
/* From an entity as Port's API takes it: title, icon, team, properties, relations. */
void entity_set_json(struct entity *entity, struct span json);
/* One of its own, in no world. */
struct entity *entity_dup(const struct entity *entity);
void entity_free(struct entity *entity);
/* A property's JSON text; NULL: it has none. */
const char *entity_property(const struct entity *entity, const char *name);
/* A member's JSON text at the top: title, team, icon; NULL: it has none. */
const char *entity_top(const struct entity *entity, const char *name);
/* The state as Port prints it. */
void entity_write(const struct entity *entity, struct json_writer *w);

/* The assignments as a JSON object, for a run's inputs. */
void assignments_write(const char *assignments, struct json_writer *w);
/* A member of the JSON text of an actor: what createdBy and updatedBy hold. */
const char *actor_id(const struct actor *actor);
/* "createdAt" and the like. */
void json_member_time(struct json_writer *w, const char *name, int64_t ms);

#endif

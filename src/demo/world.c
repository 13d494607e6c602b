#include "demo/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/xalloc.h"

/* One assignment: where its name ends, and its value as JSON. */
struct assignment {
	struct span name;
	char *json; /* NULL: take it away */
};

/* The next assignment behind *at; false at the end. */
static bool assignment_next(const char **at, struct assignment *ret_assignment)
{
	const char *p = *at + strspn(*at, " ;");
	if (*p == '\0')
		return false;
	size_t name = strcspn(p, "=");
	size_t value = strcspn(p + name, ";");
	assert(p[name] == '=');
	ret_assignment->name = span_make(p, name);
	ret_assignment->json = value > 1 ? xstrndup(p + name + 1, value - 1) : NULL;
	for (char *c = ret_assignment->json; c && *c; c++)
		if (*c == '\'')
			*c = '"';
	*at = p + name + value;
	return true;
}

static enum member_group group_of(struct span *name)
{
	static const char relations[] = "relations.";
	if (span_is(*name, "title") || span_is(*name, "team") || span_is(*name, "icon"))
		return MEMBER_TOP;
	if (name->length <= strlen(relations) ||
		memcmp(name->data, relations, strlen(relations)) != 0)
		return MEMBER_PROPERTY;
	*name = span_make(name->data + strlen(relations), name->length - strlen(relations));
	return MEMBER_RELATION;
}

static struct world_member *member_find(
	const struct entity *entity, enum member_group group, struct span name)
{
	for (size_t i = 0; i < entity->member_count; i++) {
		struct world_member *member = &entity->members[i];
		if (member->group == group && span_is(name, member->name))
			return member;
	}
	return NULL;
}

static void member_remove(struct entity *entity, struct world_member *member)
{
	free(member->name);
	free(member->json);
	size_t behind = (size_t)(entity->members + entity->member_count - (member + 1));
	memmove(member, member + 1, behind * sizeof(*member));
	entity->member_count--;
}

static void member_set(struct entity *entity, enum member_group group, struct span name, char *json)
{
	struct world_member *member = member_find(entity, group, name);
	if (member && json) {
		free(member->json);
		member->json = json;
	} else if (member) {
		member_remove(entity, member);
	} else if (json) {
		entity->members = xreallocarray(
			entity->members, entity->member_count + 1, sizeof(*entity->members));
		entity->members[entity->member_count++] = (struct world_member){
			.group = group, .name = span_dup(name), .json = json
		};
	}
}

static void members_set(struct entity *entity, enum member_group group, const struct json_doc *doc,
	json_index object)
{
	struct buf name = { 0 };
	for (json_index at = json_first(doc, object); at != JSON_ABSENT;
		at = json_next(doc, object, at)) {
		bool nothing = json_is_nothing(doc, at);
		buf_clear(&name);
		member_set(entity, group, json_key_of(doc, at, &name),
			nothing ? NULL : span_dup(json_raw(doc, at)));
	}
	buf_free(&name);
}

void entity_set_json(struct entity *entity, struct span json)
{
	static const char *const tops[] = { "title", "icon", "team" };
	struct json_doc doc = { 0 };
	if (json_scan(&doc, json.data, json.length) == JSON_OK) {
		for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
			struct span name = span_of(tops[i]);
			json_index at = json_member(&doc, 0, name);
			if (!json_is_nothing(&doc, at))
				member_set(entity, MEMBER_TOP, name, span_dup(json_raw(&doc, at)));
		}
		members_set(entity, MEMBER_PROPERTY, &doc, json_path(&doc, 0, ".properties"));
		members_set(entity, MEMBER_RELATION, &doc, json_path(&doc, 0, ".relations"));
	}
	json_doc_release(&doc);
}

void entity_set(struct entity *entity, const char *assignments)
{
	struct assignment assignment;
	while (assignment_next(&assignments, &assignment)) {
		struct span name = assignment.name;
		enum member_group group = group_of(&name);
		member_set(entity, group, name, assignment.json);
	}
}

const char *entity_property(const struct entity *entity, const char *name)
{
	const struct world_member *member = member_find(entity, MEMBER_PROPERTY, span_of(name));
	return member ? member->json : NULL;
}

const char *entity_top(const struct entity *entity, const char *name)
{
	const struct world_member *member = member_find(entity, MEMBER_TOP, span_of(name));
	return member ? member->json : NULL;
}

struct entity *entity_dup(const struct entity *entity)
{
	struct entity *dup = xmemdup(entity, sizeof(*entity));
	dup->blueprint = xstrdup(entity->blueprint);
	dup->identifier = xstrdup(entity->identifier);
	dup->internal_id = xstrdup(entity->internal_id);
	dup->members = xreallocarray(NULL, entity->member_count, sizeof(*dup->members));
	for (size_t i = 0; i < entity->member_count; i++)
		dup->members[i] = (struct world_member){ .group = entity->members[i].group,
			.name = xstrdup(entity->members[i].name),
			.json = xstrdup(entity->members[i].json) };
	return dup;
}

void entity_free(struct entity *entity)
{
	if (!entity)
		return;
	while (entity->member_count > 0)
		member_remove(entity, &entity->members[entity->member_count - 1]);
	free(entity->members);
	free(entity->blueprint);
	free(entity->identifier);
	free(entity->internal_id);
	free(entity);
}

void world_release(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		entity_free(world->entities[i]);
	free(world->entities);
}

struct entity *world_find(const struct world *world, const char *name)
{
	size_t blueprint = strcspn(name, "/");
	for (size_t i = 0; i < world->count; i++) {
		struct entity *entity = world->entities[i];
		if (strlen(entity->blueprint) == blueprint &&
			memcmp(entity->blueprint, name, blueprint) == 0 &&
			strcmp(entity->identifier, name + blueprint + 1) == 0)
			return entity;
	}
	return NULL;
}

struct entity *world_add(struct world *world, const char *name, struct dice *dice)
{
	assert(!world_find(world, name));
	struct buf id = { 0 };
	struct entity *entity = xcalloc(1, sizeof(*entity));
	size_t blueprint = strcspn(name, "/");
	dice_id(dice, "e_", 16, &id);
	entity->blueprint = xstrndup(name, blueprint);
	entity->identifier = xstrdup(name + blueprint + 1);
	entity->internal_id = buf_take(&id);
	world->entities = xreallocarray(world->entities, world->count + 1, sizeof(struct entity *));
	world->entities[world->count++] = entity;
	return entity;
}

void world_remove(struct world *world, struct entity *entity)
{
	size_t at = 0;
	while (world->entities[at] != entity)
		at++;
	world->count--;
	memmove(world->entities + at, world->entities + at + 1,
		(world->count - at) * sizeof(struct entity *));
	entity_free(entity);
}

struct entity *world_at(const struct world *world, const char *blueprint, uint32_t place)
{
	for (size_t i = 0; i < world->count; i++)
		if (strcmp(world->entities[i]->blueprint, blueprint) == 0 && place-- == 0)
			return world->entities[i];
	return NULL;
}

uint32_t world_count(const struct world *world, const char *blueprint)
{
	uint32_t count = 0;
	for (size_t i = 0; i < world->count; i++)
		count += strcmp(world->entities[i]->blueprint, blueprint) == 0;
	return count;
}

static void members_write(
	const struct entity *entity, enum member_group group, struct json_writer *w)
{
	for (size_t i = 0; i < entity->member_count; i++) {
		const struct world_member *member = &entity->members[i];
		if (member->group != group)
			continue;
		json_key(w, member->name);
		json_raw_value(w, span_of(member->json));
	}
}

const char *actor_id(const struct actor *actor)
{
	return actor->user_id ? actor->user_id : "port";
}

void json_member_time(struct json_writer *w, const char *name, int64_t ms)
{
	char text[RFC3339_SIZE];
	clock_format_utc(ms, text);
	json_member_text(w, name, text);
}

void entity_write(const struct entity *entity, struct json_writer *w)
{
	json_object_start(w);
	json_member_text(w, "identifier", entity->identifier);
	members_write(entity, MEMBER_TOP, w);
	json_member_text(w, "blueprint", entity->blueprint);
	json_key(w, "properties");
	json_object_start(w);
	members_write(entity, MEMBER_PROPERTY, w);
	json_object_end(w);
	json_key(w, "relations");
	json_object_start(w);
	members_write(entity, MEMBER_RELATION, w);
	json_object_end(w);
	json_member_time(w, "createdAt", entity->created_ms);
	json_member_text(w, "createdBy", actor_id(entity->created_by));
	json_member_time(w, "updatedAt", entity->updated_ms);
	json_member_text(w, "updatedBy", actor_id(entity->updated_by));
	json_object_end(w);
}

void assignments_write(const char *assignments, struct json_writer *w)
{
	struct assignment assignment;
	json_object_start(w);
	while (assignment_next(&assignments, &assignment)) {
		json_key_span(w, assignment.name);
		json_raw_value(w, span_of(assignment.json));
		free(assignment.json);
	}
	json_object_end(w);
}

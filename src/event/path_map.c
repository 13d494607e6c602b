/* All paths of a view are laid into one tree of steps, so that a message is walked once: only the
 * members that some path names are entered, and each is compared with a handful of names. */
#include "event/path_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/text.h"
#include "base/text_list.h"
#include "base/xalloc.h"
#include "event/event.h"

enum value_type {
	TYPE_TEXT,   /* a string that is not empty, or a number */
	TYPE_WORD,   /* a string that is not empty */
	TYPE_RUN_ID, /* a string that looks like a run id of Port's */
	TYPE_JSON,   /* anything but null */
	TYPE_TREE,   /* an object or an array */
	TYPE_TRUE,
};

struct field_row {
	const char *name; /* for the configuration; NULL: ours alone */
	enum value_type type;
};

#define FIELD(id, name, type) [FIELD_##id] = { name, TYPE_##type }

static const struct field_row field_rows[FIELD_COUNT] = {
	FIELD(RUN_ID, "run_id", TEXT),
	FIELD(ACTION, "action", WORD),
	FIELD(OPERATION, "operation", WORD),
	FIELD(RESOURCE, "resource", WORD),
	FIELD(BLUEPRINT, "blueprint", WORD),
	FIELD(ENTITY, "entity", TEXT),
	FIELD(TITLE, "title", TEXT),
	FIELD(USER_ID, "user_id", TEXT),
	FIELD(EMAIL, "email", WORD),
	FIELD(FIRST_NAME, "first_name", WORD),
	FIELD(LAST_NAME, "last_name", WORD),
	FIELD(ORIGIN, "origin", WORD),
	FIELD(TIME, "time", TEXT),
	FIELD(STATUS, "status", WORD),
	FIELD(STATUS_LABEL, "status_label", TEXT),
	FIELD(MESSAGE, "message", WORD),
	FIELD(EVENT_ID, "event_id", TEXT),
	FIELD(BEFORE, "before", JSON),
	FIELD(AFTER, "after", JSON),
	FIELD(INPUTS, "inputs", TREE),
	FIELD(LINK, "link", JSON),
	FIELD(SUMMARY, "summary", TEXT),
	FIELD(EXTERNAL_RUN_ID, "external_run_id", TEXT),
	FIELD(ENDED, "ended", TEXT),
	FIELD(PORT_RUN_ID, NULL, RUN_ID),
	FIELD(BY_PORT, NULL, TRUE),
	FIELD(RESULT, NULL, WORD),
	FIELD(CREATED, NULL, TEXT),
	FIELD(TRIGGER_TYPE, NULL, WORD),
	FIELD(APPROVER, NULL, WORD),
	FIELD(APPROVER_EMAIL, NULL, WORD),
	FIELD(APPROVAL_STATE, NULL, WORD),
	FIELD(APPROVAL_TEXT, NULL, WORD),
	FIELD(GROUP, NULL, WORD),
};

struct path_row {
	enum path_view view;
	enum field field;
	const char *const *paths; /* ended by NULL */
};

#define PATHS(view, field, ...)                                   \
	{                                                         \
		VIEW_##view, FIELD_##field, (const char *const[]) \
		{                                                 \
			__VA_ARGS__, NULL                         \
		}                                                 \
	}

#define RUN_ID_PATHS                                                                             \
	".context.runId", ".run.id", ".port_context.runId", ".port_context.run_id",              \
		".context.nodeRunId", ".nodeRunId", ".runId", ".run_id", ".context.run_id",      \
		".context.run.id", ".port_context.run.id", ".nodeRun.identifier", ".nodeRun.id", \
		".context.workflowRunId", ".workflowRunId", ".workflowRun.identifier",           \
		".run.identifier", ".payload.run.id", ".payload.context.runId",                  \
		".payload.port_context.runId", ".payload.port_context.run_id", ".payload.runId", \
		".payload.run_id", ".headers.RUN_ID", ".RUN_ID"

/* What Port's variants V1 to V18 say where (doc/architecture.md), and where users' own payloads
 * have it by habit. Public identifiers come before internal ones (e_…). */
static const struct path_row shipped_rows[] = {
	PATHS(REQUEST, RUN_ID, RUN_ID_PATHS),
	PATHS(REQUEST, PORT_RUN_ID, RUN_ID_PATHS, ".id", ".identifier"),
	PATHS(REQUEST, ACTION, ".action", ".action.identifier", ".payload.action.identifier",
		".context.actionIdentifier", ".context.action.identifier", ".port_context.action",
		".actionIdentifier", ".payload.action", ".context.nodeIdentifier",
		".context.node.identifier", ".node.identifier", ".context.workflowIdentifier",
		".context.workflow.identifier", ".workflow.identifier"),
	PATHS(REQUEST, OPERATION, ".payload.action.trigger", ".trigger.operation",
		".payload.action.trigger.operation", ".action.trigger.operation", ".action.trigger",
		".operation"),
	PATHS(REQUEST, RESOURCE, ".resourceType"),
	PATHS(REQUEST, BLUEPRINT, ".context.blueprint", ".context.blueprintIdentifier",
		".context.blueprint.identifier", ".payload.entity.blueprint", ".entity.blueprint",
		".payload.action.blueprint", ".action.blueprint", ".port_context.blueprint",
		".blueprint", ".blueprint.identifier"),
	PATHS(REQUEST, ENTITY, ".payload.entity.identifier", ".entity.identifier",
		".context.entityIdentifier", ".context.entity.identifier", ".context.entity",
		".port_context.entity", ".port_context.entity.identifier", ".entity",
		".entityIdentifier", ".payload.entity"),
	PATHS(REQUEST, TITLE, ".payload.entity.title", ".entity.title", ".context.entity.title",
		".port_context.entity.title"),
	PATHS(REQUEST, USER_ID, ".trigger.by.userId", ".trigger.by.user.id", ".trigger.by.id",
		".trigger.by.user", ".trigger.by", ".context.userId", ".port_context.user.id",
		".createdBy"),
	PATHS(REQUEST, EMAIL, ".trigger.by.user.email", ".trigger.by.email",
		".trigger.by.userEmail", ".port_context.user.email", ".context.userEmail"),
	PATHS(REQUEST, FIRST_NAME, ".trigger.by.user.firstName", ".trigger.by.firstName"),
	PATHS(REQUEST, LAST_NAME, ".trigger.by.user.lastName", ".trigger.by.lastName"),
	PATHS(REQUEST, BY_PORT, ".trigger.by.byPort", ".trigger.by.port"),
	PATHS(REQUEST, ORIGIN, ".trigger.origin", ".origin", ".source"),
	PATHS(REQUEST, TIME, ".trigger.at", ".event.trigger.at", ".createdAt", ".run.createdAt"),
	PATHS(REQUEST, STATUS, ".run.status", ".status"),
	PATHS(REQUEST, STATUS_LABEL, ".run.statusLabel"),
	PATHS(REQUEST, INPUTS, ".payload.properties", ".inputs", ".properties", ".payload.inputs"),
	PATHS(REQUEST, LINK, ".run.link"),
	PATHS(REQUEST, TRIGGER_TYPE, ".action.trigger.type", ".payload.action.trigger.type",
		".trigger.type"),
	PATHS(REQUEST, EVENT_ID, ".eventId"),
	PATHS(REQUEST, GROUP, ".context.workflowRunId", ".workflowRunId",
		".workflowRun.identifier"),

	PATHS(CHANGE, OPERATION, ".action"),
	PATHS(CHANGE, RESOURCE, ".resourceType"),
	PATHS(CHANGE, STATUS, ".status"),
	PATHS(CHANGE, ORIGIN, ".trigger.origin", ".origin"),
	PATHS(CHANGE, TIME, ".trigger.at", ".at", ".createdAt", ".diff.after.updatedAt"),
	PATHS(CHANGE, USER_ID, ".trigger.by.userId", ".trigger.by.user.id", ".trigger.by.id",
		".trigger.by.user", ".trigger.by"),
	PATHS(CHANGE, EMAIL, ".trigger.by.user.email", ".trigger.by.email",
		".trigger.by.userEmail"),
	PATHS(CHANGE, FIRST_NAME, ".trigger.by.user.firstName", ".trigger.by.firstName"),
	PATHS(CHANGE, LAST_NAME, ".trigger.by.user.lastName", ".trigger.by.lastName"),
	PATHS(CHANGE, BY_PORT, ".trigger.by.byPort", ".trigger.by.port"),
	PATHS(CHANGE, BLUEPRINT, ".context.blueprint", ".context.blueprintIdentifier",
		".context.blueprint.identifier", ".diff.after.blueprint", ".diff.before.blueprint",
		".diff.after.blueprint.identifier", ".diff.before.blueprint.identifier"),
	PATHS(CHANGE, ENTITY, ".diff.after.identifier", ".diff.before.identifier",
		".context.entityIdentifier", ".context.entity", ".context.entity.identifier",
		".context.integrationIdentifier", ".context.integrationId", ".context.identifier"),
	PATHS(CHANGE, TITLE, ".diff.after.title", ".diff.before.title"),
	PATHS(CHANGE, RUN_ID, ".context.runId", ".context.run.id", ".runId", ".trigger.runId"),
	PATHS(CHANGE, ACTION, ".context.action.identifier", ".context.actionIdentifier",
		".context.action", ".actionIdentifier"),
	PATHS(CHANGE, TRIGGER_TYPE, ".context.action.trigger.type"),
	PATHS(CHANGE, MESSAGE, ".message", ".message.message", ".error.message", ".error",
		".additionalData.message"),
	PATHS(CHANGE, EVENT_ID, ".id", ".eventId", ".identifier"),
	PATHS(CHANGE, BEFORE, ".diff.before"),
	PATHS(CHANGE, AFTER, ".diff.after"),

	PATHS(RUN, RUN_ID, ".id", ".identifier", ".runId"),
	PATHS(RUN, ACTION, ".action.identifier", ".workflow.identifier", ".node.identifier",
		".actionIdentifier", ".action"),
	PATHS(RUN, OPERATION, ".action.trigger.operation", ".action.trigger"),
	PATHS(RUN, TRIGGER_TYPE, ".action.trigger.type"),
	PATHS(RUN, BLUEPRINT, ".blueprint", ".blueprint.identifier", ".entity.blueprint"),
	PATHS(RUN, ENTITY, ".entity.identifier", ".entity"),
	PATHS(RUN, TITLE, ".entity.title"),
	PATHS(RUN, USER_ID, ".createdBy", ".createdBy.userId", ".createdBy.id",
		".createdBy.user.id"),
	PATHS(RUN, EMAIL, ".createdBy.email", ".createdBy.user.email"),
	PATHS(RUN, FIRST_NAME, ".createdBy.firstName", ".createdBy.user.firstName"),
	PATHS(RUN, LAST_NAME, ".createdBy.lastName", ".createdBy.user.lastName"),
	PATHS(RUN, ORIGIN, ".source", ".source.type", ".source.origin", ".source.identifier"),
	PATHS(RUN, TIME, ".updatedAt", ".createdAt"),
	PATHS(RUN, CREATED, ".createdAt"),
	PATHS(RUN, ENDED, ".endedAt", ".completedAt"),
	PATHS(RUN, STATUS, ".status"),
	PATHS(RUN, RESULT, ".result"),
	PATHS(RUN, STATUS_LABEL, ".statusLabel"),
	PATHS(RUN, INPUTS, ".properties", ".inputs"),
	PATHS(RUN, LINK, ".link", ".links"),
	PATHS(RUN, SUMMARY, ".summary"),
	PATHS(RUN, EXTERNAL_RUN_ID, ".externalRunId"),
	PATHS(RUN, APPROVER, ".approval.userId", ".approval.user.id"),
	PATHS(RUN, APPROVER_EMAIL, ".approval.email", ".approval.user.email"),
	PATHS(RUN, APPROVAL_STATE, ".approval.state", ".approval.status"),
	PATHS(RUN, APPROVAL_TEXT, ".approval.description"),
	PATHS(RUN, GROUP, ".workflowRunId", ".workflowRun.identifier"),
};

/* A step of some path; the first one is the start. A child stands behind its parent. */
struct step {
	char *name; /* of a member; NULL: an element */
	uint32_t name_length;
	uint32_t index;
	uint32_t first_child; /* 0: none, because the start is nobody's child */
	uint32_t next;
};

/* A path: where it ends and which field it is for. */
struct end {
	enum field field;
	uint32_t step;
};

/* Enough for a few hundred paths; so that a walk needs no memory of its own. */
enum { STEPS_MAX = 1024 };

struct path_tree {
	struct step *steps;
	uint32_t step_count;
	struct end *ends; /* in the order in which they are to be tried */
	size_t end_count;
};

struct path_map {
	struct path_tree shipped[VIEW_COUNT];
	struct path_tree configured;
	struct text_list feeders;
	struct buf fingerprint;
};

static uint32_t tree_add_step(struct path_tree *tree, uint32_t parent, const struct json_step *step)
{
	uint32_t added = tree->step_count++;
	tree->steps = xreallocarray(tree->steps, tree->step_count, sizeof(tree->steps[0]));
	tree->steps[added] = (struct step){ 0 };
	if (added == 0)
		return 0;
	tree->steps[added].next = tree->steps[parent].first_child;
	tree->steps[parent].first_child = added;
	if (step->is_index) {
		tree->steps[added].index = step->index;
	} else {
		tree->steps[added].name = span_dup(step->name);
		tree->steps[added].name_length = (uint32_t)step->name.length;
	}
	return added;
}

static bool step_is(const struct step *have, const struct json_step *step)
{
	if (step->is_index || !have->name)
		return step->is_index && !have->name && have->index == step->index;
	return span_equal(span_make(have->name, have->name_length), step->name);
}

/* The step below parent, added where it is not there yet. */
static uint32_t tree_step(struct path_tree *tree, uint32_t parent, const struct json_step *step)
{
	for (uint32_t i = tree->steps[parent].first_child; i != 0; i = tree->steps[i].next)
		if (step_is(&tree->steps[i], step))
			return i;
	return tree_add_step(tree, parent, step);
}

/* False where the path is not one, or the tree would be too large. */
static bool tree_add(struct path_tree *tree, enum field field, const char *path)
{
	struct buf scratch = { 0 };
	struct json_step step = { 0 };
	uint32_t at = 0;
	bool ok = *path != '\0';
	if (tree->step_count == 0)
		tree_add_step(tree, 0, &step);
	while (ok && *path != '\0') {
		ok = json_path_step(&path, &scratch, &step) && tree->step_count < STEPS_MAX;
		if (ok)
			at = tree_step(tree, at, &step);
	}
	buf_free(&scratch);
	if (!ok)
		return false;
	tree->ends = xreallocarray(tree->ends, tree->end_count + 1, sizeof(tree->ends[0]));
	tree->ends[tree->end_count++] = (struct end){ field, at };
	return true;
}

static void tree_release(struct path_tree *tree)
{
	for (uint32_t i = 0; i < tree->step_count; i++)
		free(tree->steps[i].name);
	free(tree->steps);
	free(tree->ends);
}

static void add_shipped(struct path_map *map)
{
	for (size_t i = 0; i < sizeof(shipped_rows) / sizeof(shipped_rows[0]); i++) {
		const struct path_row *row = &shipped_rows[i];
		for (const char *const *path = row->paths; *path; path++)
			if (!tree_add(&map->shipped[row->view], row->field, *path))
				abort(); /* a path of ours that is none */
	}
}

static bool unknown_field(const char *name, struct error *err)
{
	const char *names[FIELD_COUNT + 1];
	size_t count = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (field_rows[i].name)
			names[count++] = field_rows[i].name;
	names[count] = NULL;
	const char *nearest = text_nearest(name, names);
	if (nearest)
		return error_set(err, ERROR_CONFIG,
			"fields: no field is called '%s'; did you mean '%s'?", name, nearest);
	struct buf list = { 0 };
	for (size_t i = 0; i < count; i++)
		buf_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
	error_set(err, ERROR_CONFIG, "fields: no field is called '%s'; there are %s", name,
		buf_text(&list));
	buf_free(&list);
	return false;
}

static bool field_of(const char *name, enum field *ret_field, struct error *err)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		if (field_rows[i].name && strcmp(field_rows[i].name, name) == 0) {
			*ret_field = (enum field)i;
			return true;
		}
	}
	return unknown_field(name, err);
}

static bool add_configured(struct path_map *map, enum field field, const struct json_doc *doc,
	json_index at, struct error *err)
{
	const char *name = field_rows[field].name;
	struct buf scratch = { 0 };
	char *path = span_dup(json_text(doc, at, &scratch));
	buf_free(&scratch);
	bool ok = false;
	if (!path)
		error_set(err, ERROR_CONFIG,
			"fields.%s: paths are texts such as \".context.entity\"", name);
	else if (map->configured.step_count >= STEPS_MAX)
		error_set(err, ERROR_CONFIG, "fields: too many paths");
	else if (!tree_add(&map->configured, field, path))
		error_set(err, ERROR_CONFIG,
			"fields.%s: '%s' is not a path; write '.member', '.\"mem.ber\"' or '[0]' "
			"for each step, "
			"as in .context.entity",
			name, path);
	else
		ok = true;
	if (ok) {
		/* As JSON text, so that no path can look like two. */
		buf_addf(&map->fingerprint, " %s=", name);
		buf_add_span(&map->fingerprint, json_raw(doc, at));
	}
	free(path);
	return ok;
}

static bool add_field(
	struct path_map *map, const struct json_doc *doc, json_index at, struct error *err)
{
	struct buf scratch = { 0 };
	char *name = span_dup(json_key_of(doc, at, &scratch));
	buf_free(&scratch);
	enum field field = FIELD_COUNT;
	bool ok = field_of(name, &field, err);
	free(name);
	if (ok && json_kind_of(doc, at) != JSON_KIND_ARRAY)
		return add_configured(map, field, doc, at, err);
	for (json_index i = json_first(doc, at); ok && i != JSON_ABSENT; i = json_next(doc, at, i))
		ok = add_configured(map, field, doc, i, err);
	return ok;
}

static bool read_configured(struct path_map *map, struct span fields, struct error *err)
{
	struct json_doc doc = { 0 };
	bool ok = true;
	if (json_scan(&doc, fields.data, fields.length) != JSON_OK ||
		json_kind_of(&doc, 0) != JSON_KIND_OBJECT)
		ok = error_set(err, ERROR_CONFIG,
			"fields: not an object such as {\"entity\": [\".context.entity\"]}");
	for (json_index i = json_first(&doc, 0); ok && i != JSON_ABSENT; i = json_next(&doc, 0, i))
		ok = add_field(map, &doc, i, err);
	json_doc_release(&doc);
	return ok;
}

static void add_feeders(struct path_map *map, const struct text_list *feeders)
{
	if (!feeders || feeders->count == 0)
		text_list_split(&map->feeders, "portlog_changes_* portlog_runs_* portlog_timer_*");
	for (size_t i = 0; feeders && i < feeders->count; i++) {
		text_list_add(&map->feeders, feeders->items[i]);
		buf_add_text(&map->fingerprint, i == 0 ? " feeders=" : ",");
		json_quote(span_of(feeders->items[i]), &map->fingerprint);
	}
}

bool path_map_new(struct span fields, const struct text_list *feeders, struct path_map **ret_map,
	struct error *err)
{
	struct path_map *map = xcalloc(1, sizeof(*map));
	add_shipped(map);
	buf_add_text(&map->fingerprint, "paths");
	if (fields.data && !read_configured(map, fields, err)) {
		path_map_free(map);
		return false;
	}
	add_feeders(map, feeders);
	*ret_map = map;
	return true;
}

void path_map_free(struct path_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < VIEW_COUNT; i++)
		tree_release(&map->shipped[i]);
	tree_release(&map->configured);
	text_list_clear(&map->feeders);
	buf_free(&map->fingerprint);
	free(map);
}

const char *path_map_fingerprint(const struct path_map *map)
{
	return buf_text(&map->fingerprint);
}

bool path_map_is_feeder(const struct path_map *map, struct span action)
{
	for (size_t i = 0; action.data && i < map->feeders.count; i++)
		if (text_glob(span_of(map->feeders.items[i]), action))
			return true;
	return false;
}

static bool fits(const struct json_doc *doc, json_index at, enum value_type type)
{
	const struct json_node *node = &doc->nodes[at];
	bool word = node->kind == JSON_KIND_STRING && node->length > 2;
	switch (type) {
	case TYPE_WORD:
		return word;
	case TYPE_RUN_ID:
		return word &&
		       run_id_is_one(span_make(doc->text + node->start + 1, node->length - 2));
	case TYPE_TEXT:
		return word || node->kind == JSON_KIND_NUMBER;
	case TYPE_JSON:
		return node->kind != JSON_KIND_NULL;
	case TYPE_TREE:
		return node->kind == JSON_KIND_OBJECT || node->kind == JSON_KIND_ARRAY;
	case TYPE_TRUE:
		return node->kind == JSON_KIND_TRUE;
	}
	return false;
}

/* Notes where the steps below step are; of members with the same name the last one. */
static void enter_object(
	const struct path_tree *tree, uint32_t step, const struct json_doc *doc, json_index *found)
{
	json_index at = found[step];
	json_index end = doc->nodes[at].next;
	for (json_index i = at + 1; i < end; i = doc->nodes[i].next) {
		const struct json_node *node = &doc->nodes[i];
		const char *key = doc->text + node->key_start;
		for (uint32_t k = tree->steps[step].first_child; k != 0; k = tree->steps[k].next) {
			const struct step *child = &tree->steps[k];
			if (!child->name)
				continue;
			if (node->key_escaped ? json_key_is(doc, i,
							span_make(child->name, child->name_length))
					      : node->key_length == child->name_length &&
							memcmp(key, child->name,
								child->name_length) == 0) {
				found[k] = i;
				break;
			}
		}
	}
}

static void enter_array(
	const struct path_tree *tree, uint32_t step, const struct json_doc *doc, json_index *found)
{
	json_index at = found[step];
	for (uint32_t k = tree->steps[step].first_child; k != 0; k = tree->steps[k].next) {
		const struct step *child = &tree->steps[k];
		if (child->name || child->index >= doc->nodes[at].children)
			continue;
		json_index i = json_first(doc, at);
		for (uint32_t n = 0; n < child->index; n++)
			i = json_next(doc, at, i);
		found[k] = i;
	}
}

static void tree_read(
	const struct path_tree *tree, const struct json_doc *doc, json_index at, json_index *values)
{
	json_index found[STEPS_MAX];
	if (tree->step_count == 0 || at >= doc->count)
		return;
	memset(found, 0xFF, tree->step_count * sizeof(found[0])); /* JSON_ABSENT */
	found[0] = at;
	for (uint32_t i = 0; i < tree->step_count; i++) {
		if (found[i] == JSON_ABSENT || tree->steps[i].first_child == 0)
			continue;
		if (doc->nodes[found[i]].kind == JSON_KIND_OBJECT)
			enter_object(tree, i, doc, found);
		else if (doc->nodes[found[i]].kind == JSON_KIND_ARRAY)
			enter_array(tree, i, doc, found);
	}
	for (size_t i = 0; i < tree->end_count; i++) {
		const struct end *end = &tree->ends[i];
		if (values[end->field] == JSON_ABSENT && found[end->step] != JSON_ABSENT &&
			fits(doc, found[end->step], field_rows[end->field].type))
			values[end->field] = found[end->step];
	}
}

void path_map_read(const struct path_map *map, enum path_view view, const struct json_doc *doc,
	json_index message, json_index viewed, json_index ret_values[FIELD_COUNT])
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		ret_values[i] = JSON_ABSENT;
	/* A run inside a message is Port's own form: the message's paths say nothing of it. */
	if (view != VIEW_RUN)
		tree_read(&map->configured, doc, message, ret_values);
	tree_read(&map->shipped[view], doc, viewed, ret_values);
}

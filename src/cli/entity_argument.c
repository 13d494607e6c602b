#include "cli/entity_argument.h"

#include <stdlib.h>

#include "base/text.h"
#include "query/detail.h"

enum { NAMES_SHOWN = 10 };

bool argument_names_nothing(
	struct invocation *call, enum name_kind kind, const char *what, struct error *err)
{
	char *nearest;
	const char *noun = kind == NAME_RUN ? "run" : "entity";
	if (!resolve_nearest(call->reader, kind, what, &nearest, err))
		return false;
	if (nearest)
		error_set(err, ERROR_NEGATIVE,
			"no %s here is called '%.80s'; did you mean '%.80s'?", noun, what, nearest);
	else
		error_set(err, ERROR_NEGATIVE, "no %s here is called '%.80s'", noun, what);
	free(nearest);
	return false;
}

static char *dup_value(const struct cursor *cursor, const char *name)
{
	struct value value = cursor_value(cursor, name);
	return value.kind == VALUE_TEXT ? span_dup(value.text) : NULL;
}

static bool read_name(
	struct invocation *call, int64_t id, struct entity_argument *ret_entity, struct error *err)
{
	struct cursor *cursor;
	const struct row *row;
	if (!detail_open_number(call->reader, &detail_entity_name, id, &cursor, err))
		return false;
	bool ok = cursor_next(cursor, &row, err);
	if (ok && row)
		*ret_entity = (struct entity_argument){ id, dup_value(cursor, "blueprint"),
			dup_value(cursor, "entity") };
	cursor_free(cursor);
	return ok;
}

static bool several(
	struct invocation *call, const char *what, const struct ids *ids, struct error *err)
{
	struct buf names = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i < ids->count && i < NAMES_SHOWN; i++) {
		struct entity_argument one = { 0 };
		ok = read_name(call, ids->items[i], &one, err);
		buf_add_text(&names, names.length ? ", " : "");
		if (one.blueprint)
			text_safe(span_of(one.blueprint), &names);
		buf_add_char(&names, '/');
		if (one.entity)
			text_safe(span_of(one.entity), &names);
		entity_argument_release(&one);
	}
	if (ok)
		error_set(err, ERROR_NEGATIVE, "'%.80s' is the name of several: %s%s", what,
			buf_text(&names), ids->count > NAMES_SHOWN ? " …" : "");
	buf_free(&names);
	return false;
}

bool entity_argument(struct invocation *call, const char *what, struct entity_argument *ret_entity,
	struct error *err)
{
	struct text_list one = { 0 };
	struct ids ids = { 0 };
	text_list_add(&one, what);
	bool ok = resolve(call->reader, NAME_ENTITY, &one, &ids, NULL, err);
	if (ok && ids.count > 1)
		ok = several(call, what, &ids, err);
	else if (ok && ids.count == 0)
		ok = argument_names_nothing(call, NAME_ENTITY, what, err);
	else if (ok)
		ok = read_name(call, ids.items[0], ret_entity, err);
	text_list_clear(&one);
	ids_release(&ids);
	return ok;
}

void entity_argument_release(struct entity_argument *entity)
{
	free(entity->blueprint);
	free(entity->entity);
	*entity = (struct entity_argument){ 0 };
}

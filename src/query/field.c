#include "query/field.h"

#include <stdlib.h>

#include "base/text.h"
#include "base/text_list.h"
#include "base/xalloc.h"

void field_list_add(struct field_list *list, const struct view_field *field)
{
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = field;
}

void field_list_release(struct field_list *list)
{
	free(list->items);
	*list = (struct field_list){ 0 };
}

static const struct view_field *find(const struct view_field *fields, const char *name)
{
	for (const struct view_field *f = fields; f->name; f++)
		if (text_equal(span_of(f->name), span_of(name)))
			return f;
	return NULL;
}

static bool unknown(const struct view_field *fields, const char *name, struct error *err)
{
	struct text_list names = { 0 };
	for (const struct view_field *f = fields; f->name; f++)
		text_list_add(&names, f->name);
	const char *nearest = text_nearest(name, (const char *const *)names.items);
	if (nearest)
		error_set(err, ERROR_USAGE, "no column is called '%s'; did you mean '%s'?", name,
			nearest);
	else
		error_set(err, ERROR_USAGE, "no column is called '%s'; there are: all", name);
	for (size_t i = 0; !nearest && i < names.count; i++) {
		struct error rest = { 0 };
		error_set(&rest, ERROR_USAGE, "%s, %s", err->text, names.items[i]);
		*err = rest;
	}
	text_list_clear(&names);
	return false;
}

static void add_ranked(const struct view_field *fields, bool all, struct field_list *list)
{
	for (const struct view_field *f = fields; f->name; f++)
		if (all || f->rank > 0)
			field_list_add(list, f);
}

bool field_list_choose(const struct view_field *fields, const char *columns,
	struct field_list *ret_list, struct error *err)
{
	struct field_list list = { 0 };
	struct text_list names = { 0 };
	bool ok = false;
	if (columns)
		text_list_split(&names, columns);
	if (columns && names.count == 0) {
		error_set(err, ERROR_USAGE, "--columns names no column");
		goto out;
	}
	if (!columns)
		add_ranked(fields, false, &list);
	for (size_t i = 0; i < names.count; i++) {
		const struct view_field *field = find(fields, names.items[i]);
		if (field)
			field_list_add(&list, field);
		else if (text_equal(span_of(names.items[i]), span_of("all")))
			add_ranked(fields, true, &list);
		else if (!unknown(fields, names.items[i], err))
			goto out;
	}
	*ret_list = list;
	list = (struct field_list){ 0 };
	ok = true;
out:
	field_list_release(&list);
	text_list_clear(&names);
	return ok;
}

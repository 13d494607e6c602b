#include "query/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "query/statement.h"

struct cursor {
	sqlite3_stmt *statement;
	struct field_list fields;
	struct view_field *own; /* fields made of the columns' names */
	struct value *values;
	struct row row;
};

static bool is_taken(const struct cursor *cursor, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(cursor->own[i].name, name) == 0)
			return true;
	return false;
}

static char *unique_name(const struct cursor *cursor, size_t count, const char *name)
{
	char *unique = xstrdup(name);
	for (int number = 2; is_taken(cursor, count, unique); number++) {
		free(unique);
		unique = xasprintf("%s_%d", name, number);
	}
	return unique;
}

static void name_columns(struct cursor *cursor, size_t count)
{
	cursor->own = xcalloc(count + 1, sizeof(*cursor->own));
	for (size_t i = 0; i < count; i++) {
		const char *name = sqlite3_column_name(cursor->statement, (int)i);
		cursor->own[i] = (struct view_field){
			.name = unique_name(cursor, i, name ? name : "?"),
			.as = AS_ANY,
			.rank = 1,
		};
		field_list_add(&cursor->fields, &cursor->own[i]);
	}
}

void cursor_new(
	sqlite3_stmt *statement, const struct view_field *fields, struct cursor **ret_cursor)
{
	struct cursor *cursor = xcalloc(1, sizeof(*cursor));
	size_t count = (size_t)sqlite3_column_count(statement);
	cursor->statement = statement;
	cursor->values = xcalloc(count + 1, sizeof(*cursor->values));
	for (size_t i = 0; fields && i < count && fields[i].name; i++)
		field_list_add(&cursor->fields, &fields[i]);
	if (!fields)
		name_columns(cursor, count);
	*ret_cursor = cursor;
}

void cursor_free(struct cursor *cursor)
{
	if (!cursor)
		return;
	for (size_t i = 0; cursor->own && i < cursor->fields.count; i++)
		free((void *)(uintptr_t)cursor->own[i].name);
	free(cursor->own);
	free(cursor->values);
	field_list_release(&cursor->fields);
	sqlite3_finalize(cursor->statement);
	free(cursor);
}

const struct field_list *cursor_fields(const struct cursor *cursor)
{
	return &cursor->fields;
}

bool cursor_next(struct cursor *cursor, const struct row **ret_row, struct error *err)
{
	bool row;
	if (!statement_step(cursor->statement, &row, err))
		return false;
	for (size_t i = 0; row && i < cursor->fields.count; i++)
		cursor->values[i] = statement_value(cursor->statement, (int)i);
	cursor->row = (struct row){ cursor->values, cursor->fields.count };
	*ret_row = row ? &cursor->row : NULL;
	return true;
}

struct value cursor_value(const struct cursor *cursor, const char *name)
{
	for (size_t i = 0; i < cursor->fields.count; i++)
		if (strcmp(cursor->fields.items[i]->name, name) == 0)
			return cursor->values[i];
	return (struct value){ .kind = VALUE_NULL };
}

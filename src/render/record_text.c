#include "render/record_text.h"

#include <string.h>

#include "base/json_write.h"
#include "base/text.h"
#include "render/cell.h"
#include "render/json_print.h"

/* The same time once more, as a number, is for machines. */
static bool is_shown(const struct view_field *field, const struct value *value, const char *body)
{
	return value->kind != VALUE_NULL && strcmp(field->name, body) != 0 &&
	       strcmp(field->name, "time_ms") != 0;
}

static size_t widest_name(const struct field_list *fields)
{
	size_t widest = 0;
	for (size_t i = 0; i < fields->count; i++)
		if (cell_name(fields->items[i]).length > widest)
			widest = cell_name(fields->items[i]).length;
	return widest;
}

void record_text_members(const struct field_list *fields, const struct row *row, const char *body,
	bool color, struct buf *out)
{
	size_t width = widest_name(fields);
	for (size_t i = 0; i < fields->count; i++) {
		const struct view_field *field = fields->items[i];
		if (!is_shown(field, &row->values[i], body))
			continue;
		buf_add_text(out, color ? "\033[2m" : "");
		size_t start = out->length;
		buf_add_span(out, cell_name(field));
		text_pad(out, start, width);
		buf_add_text(out, color ? "\033[m  " : "  ");
		cell_text(field, &row->values[i], out);
		buf_add_char(out, '\n');
	}
}

void record_text_body(const struct value *value, struct buf *out)
{
	struct json_layout layout = { .indent = 2, .terminal = true };
	if (value->kind == VALUE_NULL || value->text.length == 0)
		return;
	buf_add_char(out, '\n');
	if (json_is_valid(value->text))
		json_print(value->text, &layout, out);
	else
		text_safe_lines(value->text, out);
	if (out->data[out->length - 1] != '\n')
		buf_add_char(out, '\n');
}

void record_text_object(
	const struct field_list *fields, const struct row *row, bool terminal, struct buf *out)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < fields->count; i++) {
		buf_add_text(out, i ? "," : "");
		json_quote(span_of(fields->items[i]->name), out);
		buf_add_char(out, ':');
		cell_json(fields->items[i], &row->values[i], terminal, out);
	}
}

void record_text_member(const char *name, struct span json, struct buf *out)
{
	struct json_layout layout = { 0 };
	buf_add_char(out, ',');
	json_quote(span_of(name), out);
	buf_add_char(out, ':');
	json_print(json, &layout, out);
}

#include "cli/thing.h"

#include <ctype.h>

#include "base/text.h"
#include "cli/listing.h"
#include "render/record_text.h"

static bool open_detail(struct invocation *call, const struct detail *detail,
	const struct thing_name *name, struct cursor **ret_cursor, struct error *err)
{
	if (name->text)
		return detail_open_text(call->reader, detail, name->text, ret_cursor, err);
	return detail_open_number(call->reader, detail, name->number, ret_cursor, err);
}

/* The fields that are for people. */
static struct field_list ranked(const struct field_list *fields)
{
	struct field_list some = *fields;
	while (some.count > 0 && some.items[some.count - 1]->rank == 0)
		some.count--;
	return some;
}

/* A list under its own heading, or as a member of the object; nothing for people where it is
 * empty. */
static bool add_list(struct invocation *call, const struct detail *detail,
	const struct thing_name *name, bool json, struct buf *out, struct error *err)
{
	struct cursor *cursor;
	const struct row *row;
	if (!open_detail(call, detail, name, &cursor, err))
		return false;
	struct field_list fields = json ? *cursor_fields(cursor) : ranked(cursor_fields(cursor));
	struct render_settings render =
		listing_render(call, json ? RENDER_JSON : RENDER_TABLE, &fields);
	render.width = call->cut_at;
	struct buf rows = { 0 };
	struct renderer *renderer = renderer_new(&render, &rows);
	size_t count = 0;
	bool ok;
	renderer_begin(renderer);
	while ((ok = cursor_next(cursor, &row, err)) && row) {
		renderer_row(renderer, &(struct row){ row->values, fields.count });
		count++;
	}
	renderer_end(renderer);
	if (ok && json) {
		record_text_member(detail->name, buf_span(&rows), out);
	} else if (ok && count > 0) {
		buf_add_char(out, '\n');
		buf_add_span(out, buf_span(&rows));
	}
	renderer_free(renderer);
	buf_free(&rows);
	cursor_free(cursor);
	return ok;
}

static void add_body(struct invocation *call, const struct thing *thing, const struct value *body,
	struct buf *out)
{
	if (!thing->plain || body->kind == VALUE_NULL || body->text.length == 0) {
		record_text_body(body, out);
		return;
	}
	buf_add_text(out, call->color ? "\n\033[1m" : "\n");
	for (const char *c = thing->body; *c; c++)
		buf_add_char(out, (char)toupper((unsigned char)*c));
	buf_add_text(out, call->color ? "\033[m\n" : "\n");
	text_safe_lines(body->text, out);
	if (out->data[out->length - 1] != '\n')
		buf_add_char(out, '\n');
}

static bool add_thing(struct invocation *call, const struct thing *thing,
	const struct thing_name *name, struct cursor *itself, const struct row *row, bool json,
	struct buf *out, struct error *err)
{
	const struct field_list *fields = cursor_fields(itself);
	if (json)
		record_text_object(fields, row, call->terminal, out);
	else
		record_text_members(fields, row, thing->body, call->color, out);
	for (size_t i = 0; i < THING_LISTS_MOST && thing->lists[i]; i++)
		if (!add_list(call, thing->lists[i], name, json, out, err))
			return false;
	struct value body = cursor_value(itself, thing->body);
	if (json)
		buf_add_text(out, "}\n");
	else
		add_body(call, thing, &body, out);
	return true;
}

static void add_raw(struct invocation *call, const struct value *value, struct buf *out)
{
	struct span bytes = value->text;
	if (value->kind == VALUE_NULL)
		return;
	if (call->terminal)
		text_safe_lines(bytes, out);
	else
		buf_add_span(out, bytes);
}

bool thing_show(struct invocation *call, const struct thing *thing, const struct thing_name *name,
	enum thing_form form, bool *ret_found, struct error *err)
{
	struct cursor *itself;
	const struct row *row;
	struct buf out = { 0 };
	if (!open_detail(call, thing->itself, name, &itself, err))
		return false;
	bool ok = cursor_next(itself, &row, err);
	bool found = ok && row;
	if (found && form == THING_RAW) {
		struct value body = cursor_value(itself, thing->body);
		add_raw(call, &body, &out);
	} else if (found) {
		ok = add_thing(call, thing, name, itself, row, form == THING_JSON, &out, err);
	}
	cursor_free(itself);
	if (ok && found) {
		command_page(call);
		listing_write(&out);
	}
	if (ok)
		*ret_found = found;
	buf_free(&out);
	return ok;
}

/* json: one array, a row per line; jsonl: one object per line. */
#include "base/json_write.h"
#include "render/cell.h"
#include "render/format.h"

static void add_object(struct renderer *r, const struct row *row)
{
	const struct field_list *fields = r->settings.fields;
	buf_add_char(r->out, '{');
	for (size_t i = 0; i < fields->count; i++) {
		buf_add_text(r->out, i ? "," : "");
		json_quote(span_of(fields->items[i]->name), r->out);
		buf_add_char(r->out, ':');
		cell_json(fields->items[i], &row->values[i], r->settings.terminal, r->out);
	}
	buf_add_char(r->out, '}');
}

static void json_row(struct renderer *r, const struct row *row)
{
	buf_add_text(r->out, r->rows == 0 ? "[\n" : ",\n");
	add_object(r, row);
}

static void json_end(struct renderer *r)
{
	buf_add_text(r->out, r->rows == 0 ? "[]\n" : "\n]\n");
}

static void jsonl_row(struct renderer *r, const struct row *row)
{
	add_object(r, row);
	buf_add_char(r->out, '\n');
}

const struct render_kind render_json = { .row = json_row, .end = json_end };
const struct render_kind render_jsonl = { .row = jsonl_row };

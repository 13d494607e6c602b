/* A row as a list of its columns, uncut, for rows that are too wide for a table. */
#include "base/text.h"
#include "render/cell.h"
#include "render/format.h"

enum { GAP = 2 }; /* columns between a name and its value */

/* As shown: SQL lets columns have any name. */
static size_t name_width(struct renderer *r)
{
	const struct field_list *fields = r->settings.fields;
	size_t width = 0;
	for (size_t i = 0; i < fields->count; i++) {
		buf_clear(&r->cell);
		text_safe(cell_name(fields->items[i]), &r->cell);
		size_t own = text_width(buf_span(&r->cell));
		width = own > width ? own : width;
	}
	return width;
}

static void line_row(struct renderer *r, const struct row *row)
{
	const struct field_list *fields = r->settings.fields;
	size_t width = name_width(r);
	if (r->rows > 0)
		buf_add_char(r->out, '\n');
	for (size_t i = 0; i < row->count; i++) {
		buf_clear(&r->cell);
		text_safe(cell_name(fields->items[i]), &r->cell);
		size_t pad = width + GAP - text_width(buf_span(&r->cell));
		buf_add_text(r->out, r->settings.color ? "\033[1m" : "");
		buf_add_span(r->out, buf_span(&r->cell));
		buf_add_text(r->out, r->settings.color ? "\033[m" : "");
		buf_clear(&r->cell);
		cell_text(fields->items[i], &row->values[i], &r->cell);
		while (r->cell.length > 0 && pad-- > 0)
			buf_add_char(r->out, ' ');
		buf_add_span(r->out, buf_span(&r->cell));
		buf_add_char(r->out, '\n');
	}
}

const struct render_kind render_line = {
	.row = line_row,
};

/* One row per line: text for people in a pipe, tsv and csv (RFC 4180) for machines. */
#include <string.h>

#include "base/text.h"
#include "render/cell.h"
#include "render/format.h"

static void text_row(struct renderer *r, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		buf_add_text(r->out, i ? "\t" : "");
		cell_text(r->settings.fields->items[i], &row->values[i], r->out);
	}
	buf_add_char(r->out, '\n');
}

/* What a terminal must not get is shown as escapes; it is no machine that reads there. */
static void add_exact(struct renderer *r, struct span text, struct buf *out)
{
	if (r->settings.terminal)
		text_safe(text, out);
	else
		buf_add_span(out, text);
}

/* Quotes where RFC 4180 wants them, and round what is empty but not NULL. */
static void add_csv(struct renderer *r, struct span text)
{
	bool quote = text.length == 0;
	for (size_t i = 0; i < text.length && !quote; i++)
		quote = strchr("\",\r\n", text.data[i]) && text.data[i];
	if (!quote) {
		add_exact(r, text, r->out);
		return;
	}
	buf_add_char(r->out, '"');
	for (size_t start = 0; start < text.length;) {
		const char *from = text.data + start;
		const char *mark = memchr(from, '"', text.length - start);
		size_t length = mark ? (size_t)(mark - from) + 1 : text.length - start;
		add_exact(r, span_make(from, length), r->out);
		buf_add_text(r->out, mark ? "\"" : "");
		start += length;
	}
	buf_add_char(r->out, '"');
}

static void csv_begin(struct renderer *r)
{
	const struct field_list *fields = r->settings.fields;
	for (size_t i = 0; i < fields->count; i++) {
		buf_add_text(r->out, i ? "," : "");
		add_csv(r, span_of(fields->items[i]->name));
	}
	buf_add_text(r->out, "\r\n");
}

static void csv_row(struct renderer *r, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		buf_add_text(r->out, i ? "," : "");
		if (row->values[i].kind == VALUE_NULL)
			continue;
		buf_clear(&r->cell);
		cell_exact(&row->values[i], &r->cell);
		add_csv(r, buf_span(&r->cell));
	}
	buf_add_text(r->out, "\r\n");
}

/* A field holds neither tab nor line feed: they are \t, \n, \r, and a backslash is \\. */
static void add_tsv(struct renderer *r, struct span text)
{
	static const char special[] = "\t\n\r\\", names[] = "tnr\\";
	size_t plain = 0;
	for (size_t i = 0; i < text.length; i++) {
		const char *at = text.data[i] ? strchr(special, text.data[i]) : NULL;
		if (!at)
			continue;
		add_exact(r, span_make(text.data + plain, i - plain), r->out);
		buf_add_char(r->out, '\\');
		buf_add_char(r->out, names[at - special]);
		plain = i + 1;
	}
	add_exact(r, span_make(text.data + plain, text.length - plain), r->out);
}

static void tsv_begin(struct renderer *r)
{
	const struct field_list *fields = r->settings.fields;
	for (size_t i = 0; i < fields->count; i++) {
		buf_add_text(r->out, i ? "\t" : "");
		add_tsv(r, span_of(fields->items[i]->name));
	}
	buf_add_char(r->out, '\n');
}

static void tsv_row(struct renderer *r, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		buf_add_text(r->out, i ? "\t" : "");
		buf_clear(&r->cell);
		cell_exact(&row->values[i], &r->cell);
		add_tsv(r, buf_span(&r->cell));
	}
	buf_add_char(r->out, '\n');
}

const struct render_kind render_text = { .row = text_row };
const struct render_kind render_csv = { .begin = csv_begin, .row = csv_row };
const struct render_kind render_tsv = { .begin = tsv_begin, .row = tsv_row };

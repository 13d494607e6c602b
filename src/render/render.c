#include "render/render.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "render/format.h"

const char *const render_format_words[] = { "auto", "table", "text", "csv", "tsv", "json", "jsonl",
	"line", NULL };

const struct option output_options[] = {
	OPTION(output_settings, output, 'o', CHOICE, "FORMAT",
		"table, line, text, csv, tsv, json or jsonl; a table on a terminal, else text",
		.choices = render_format_words, .fallback = "auto"),
	OPTION(output_settings, columns, '\0', TEXT, "A,B,…", "these columns, or all"),
	OPTION_END,
};

static const struct render_kind *const kinds[] = {
	[RENDER_TABLE] = &render_table,
	[RENDER_TEXT] = &render_text,
	[RENDER_CSV] = &render_csv,
	[RENDER_TSV] = &render_tsv,
	[RENDER_JSON] = &render_json,
	[RENDER_JSONL] = &render_jsonl,
	[RENDER_LINE] = &render_line,
};

struct renderer *renderer_new(const struct render_settings *settings, struct buf *out)
{
	struct renderer *r = xcalloc(1, sizeof(*r));
	int format = settings->format;
	if (format == RENDER_AUTO)
		format = settings->terminal ? RENDER_TABLE : RENDER_TEXT;
	*r = (struct renderer){ .kind = kinds[format], .settings = *settings, .out = out };
	return r;
}

void renderer_free(struct renderer *r)
{
	if (!r)
		return;
	if (r->kind->release)
		r->kind->release(r);
	buf_free(&r->cell);
	free(r);
}

void renderer_begin(struct renderer *r)
{
	if (r->kind->begin)
		r->kind->begin(r);
}

void renderer_row(struct renderer *r, const struct row *row)
{
	r->kind->row(r, row);
	r->rows++;
}

void renderer_settle(struct renderer *r)
{
	if (r->kind->settle)
		r->kind->settle(r);
}

void renderer_end(struct renderer *r)
{
	r->ended = true;
	renderer_settle(r);
	if (r->kind->end)
		r->kind->end(r);
}

size_t renderer_cut(const struct renderer *r)
{
	return r->cut;
}

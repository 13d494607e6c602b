/* Inside render: what a format is. To add one: a struct render_kind at the end of its file, a line
 * below, and a row in render.c. */
#ifndef PORTLOG_RENDER_FORMAT_H
#define PORTLOG_RENDER_FORMAT_H

#include "render/render.h"

struct renderer {
	const struct render_kind *kind;
	struct render_settings settings;
	struct buf *out;
	struct buf cell;     /* scratch */
	size_t rows;         /* so far */
	bool ended;          /* no more will come */
	size_t cut;          /* values that were not shown whole */
	struct table *table; /* table.c's own */
};

/* Any of them may be NULL but row. */
struct render_kind {
	void (*begin)(struct renderer *r);
	void (*row)(struct renderer *r, const struct row *row);
	void (*settle)(struct renderer *r);
	void (*end)(struct renderer *r);
	void (*release)(struct renderer *r);
};

extern const struct render_kind render_table;
extern const struct render_kind render_text;
extern const struct render_kind render_csv;
extern const struct render_kind render_tsv;
extern const struct render_kind render_json;
extern const struct render_kind render_jsonl;
extern const struct render_kind render_line;

#endif

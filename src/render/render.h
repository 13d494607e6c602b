/* Rows to text: the caller says what the rows are, the format is an option. Nothing is printed
 * here: text is appended to a buffer, which the caller writes and clears when it likes. */
#ifndef PORTLOG_RENDER_RENDER_H
#define PORTLOG_RENDER_RENDER_H

#include "base/option.h"
#include "query/field.h"

enum render_format {
	RENDER_AUTO, /* a table on a terminal, else text */
	RENDER_TABLE,
	RENDER_TEXT,
	RENDER_CSV,
	RENDER_TSV,
	RENDER_JSON,
	RENDER_JSONL,
	RENDER_LINE,
};
extern const char *const render_format_words[];

/* What the user may say of the output of any listing. */
struct output_settings {
	int output; /* enum render_format */
	char *columns;
};
extern const struct option output_options[];

struct render_settings {
	int format; /* enum render_format */
	const struct field_list *fields;
	bool terminal; /* the text goes to one */
	bool color;
	bool keep_columns; /* the user chose them: none is left out where it is narrow */
	size_t width;
	int64_t now_ms;  /* whose zone stands in the heading */
	double bar_most; /* of the values that are drawn as bars: this one fills its column */
	bool ascii;      /* bars are not drawn with UTF-8 */
};

struct renderer;

/* settings->fields must outlive the renderer. out is the caller's. */
struct renderer *renderer_new(const struct render_settings *settings, struct buf *out);
void renderer_free(struct renderer *r);

void renderer_begin(struct renderer *r);
void renderer_row(struct renderer *r, const struct row *row);
/* Nothing is held back any longer: to be called before waiting for more rows. A table holds back
 * its first rows to see how wide its columns are. */
void renderer_settle(struct renderer *r);
void renderer_end(struct renderer *r);
/* How many values were not shown whole. */
size_t renderer_cut(const struct renderer *r);

#endif

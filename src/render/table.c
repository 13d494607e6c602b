/* A table for a terminal. Its first rows are held back until it is known how wide the columns want
 * to be; then columns are left out, the least important first, until the rest has the room it needs
 * at least, and what is left over is shared out. Longer values are cut. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "render/cell.h"
#include "render/format.h"
#include "render/plot.h"

enum {
	HELD_ROWS = 100,
	GAP = 2,              /* columns between columns */
	LEAST_WIDTH = 4,      /* of a column that does not say */
	BAR_WIDTH = 40,       /* of a bar, where there is room */
	CELL_BYTES = 1 << 16, /* of a held cell: more fills any terminal */
};

struct column {
	const struct view_field *field;
	size_t width;
	size_t natural;
	size_t widest; /* of the values */
	bool shown;
	bool filled; /* a row has something here */
	bool words;  /* a row has something here that is no number */
};

struct table {
	struct column *columns;
	size_t count;
	char **held; /* cells of HELD_ROWS rows */
	size_t held_rows;
	bool laid_out;
	struct buf line;
};

/* Of what SQL gave, the rows tell. */
static bool is_number(const struct column *column)
{
	enum shown_as as = column->field->as;
	return as == AS_NUMBER || as == AS_DURATION_MS || as == AS_PERCENT ||
	       (as == AS_ANY && column->filled && !column->words);
}

/* The name as --columns takes it, in any case; "duration_ms" is shown as a duration, times in a
 * zone that the heading names. */
static void add_heading(const struct renderer *r, const struct view_field *field, struct buf *out)
{
	char zone[TIME_TEXT_SIZE];
	struct span name = cell_name(field);
	for (size_t i = 0; i < name.length; i++)
		buf_add_char(out, (char)toupper((unsigned char)name.data[i]));
	if (field->as != AS_TIME && field->as != AS_TIME_MS)
		return;
	time_zone_text(r->settings.now_ms, zone);
	buf_addf(out, " %s", zone);
}

static size_t least_width(const struct column *column)
{
	size_t least = column->field->least > 0 ? (size_t)column->field->least : LEAST_WIDTH;
	/* A number that is cut is another number. */
	if (is_number(column) && least < column->widest)
		least = column->widest;
	return least < column->natural ? least : column->natural;
}

static void table_begin(struct renderer *r)
{
	const struct field_list *fields = r->settings.fields;
	struct table *t = xcalloc(1, sizeof(*t));
	t->count = fields->count;
	t->columns = xcalloc(t->count, sizeof(*t->columns));
	t->held = xcalloc(HELD_ROWS * t->count, sizeof(*t->held));
	for (size_t i = 0; i < t->count; i++) {
		buf_clear(&r->cell);
		add_heading(r, fields->items[i], &r->cell);
		t->columns[i] = (struct column){ .field = fields->items[i],
			.natural = fields->items[i]->as == AS_BAR ? BAR_WIDTH
								  : text_width(buf_span(&r->cell)),
			.shown = true };
	}
	r->table = t;
}

/* What the shown columns need at least, with the gaps between them. */
static size_t needed(const struct table *t, size_t *ret_shown)
{
	size_t width = 0, shown = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->columns[i].shown) {
			width += least_width(&t->columns[i]);
			shown++;
		}
	*ret_shown = shown;
	return shown ? width + GAP * (shown - 1) : 0;
}

static void leave_one_out(struct table *t)
{
	struct column *least = NULL;
	for (size_t i = 0; i < t->count; i++)
		if (t->columns[i].shown &&
			(!least || t->columns[i].field->rank >= least->field->rank))
			least = &t->columns[i];
	least->shown = false;
}

static bool all_fit(const struct table *t, size_t width)
{
	size_t need = 0;
	for (size_t i = 0; i < t->count; i++)
		need += t->columns[i].natural + (i ? GAP : 0);
	return need <= width;
}

/* Where there is no room for everything, a column that has nothing to say goes first. */
static void leave_empty_out(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		t->columns[i].shown = t->columns[i].filled;
}

/* A column at a time gets one more, until all have what they want or nothing is left. */
static void share(struct table *t, size_t left)
{
	bool wanted = true;
	while (wanted && left > 0) {
		wanted = false;
		for (size_t i = 0; i < t->count && left > 0; i++) {
			struct column *column = &t->columns[i];
			if (!column->shown || column->width >= column->natural)
				continue;
			column->width++;
			left--;
			wanted = true;
		}
	}
}

static void lay_out(struct renderer *r)
{
	struct table *t = r->table;
	size_t shown, width = r->settings.width;
	if (r->ended && !r->settings.keep_columns && !all_fit(t, width))
		leave_empty_out(t);
	while (needed(t, &shown) > width && shown > 1 && !r->settings.keep_columns)
		leave_one_out(t);
	for (size_t i = 0; i < t->count; i++)
		t->columns[i].width = least_width(&t->columns[i]);
	size_t need = needed(t, &shown);
	if (width > need)
		share(t, width - need);
	for (size_t i = 0; need > width && shown == 1 && i < t->count; i++)
		t->columns[i].width = width;
	t->laid_out = true;
}

struct paint {
	const char *word;
	const char *start;
};

static const char *paint_of(const struct view_field *field, const struct value *value)
{
	static const struct paint paints[] = {
		{ "SUCCESS", "\033[32m" },
		{ "FAILURE", "\033[1;31m" },
		{ "IN_PROGRESS", "\033[33m" },
		{ "WAITING_FOR_APPROVAL", "\033[35m" },
		{ "CANCELLED", "\033[2m" },
		{ "succeeded", "\033[32m" },
		{ "failed", "\033[1;31m" },
		{ "timed_out", "\033[1;31m" },
		{ "interrupted", "\033[31m" },
		{ "running", "\033[33m" },
		{ "waiting", "\033[35m" },
		{ "skipped", "\033[2m" },
		{ "cancelled", "\033[2m" },
		{ "sent", "\033[32m" },
		{ "refused", "\033[1;31m" },
		{ "CREATE", "\033[32m" },
		{ "DELETE", "\033[31m" },
		{ "UPDATE", "\033[33m" },
		{ "bad", "\033[1;31m" },
		{ "good", "\033[32m" },
	};
	if (field->as != AS_WORD || value->kind != VALUE_TEXT)
		return NULL;
	for (size_t i = 0; i < sizeof(paints) / sizeof(paints[0]); i++)
		if (span_is(value->text, paints[i].word))
			return paints[i].start;
	return NULL;
}

/* A number that is cut in its middle would be read as another one. */
static void cut(const struct column *column, struct span text, struct buf *out)
{
	enum shown_as as = column->field->as;
	if (as == AS_PATHS || as == AS_JSON || is_number(column))
		text_cut_end(text, column->width, out);
	else
		text_cut_middle(text, column->width, out);
}

static void add_cell(
	struct table *t, const struct column *column, struct span text, const char *paint)
{
	struct buf *line = &t->line;
	struct buf shown = { 0 };
	cut(column, text, &shown);
	size_t width = text_width(buf_span(&shown));
	size_t pad = width < column->width ? column->width - width : 0;
	bool right = is_number(column);
	for (size_t i = 0; right && i < pad; i++)
		buf_add_char(line, ' ');
	buf_add_text(line, paint ? paint : "");
	buf_add_span(line, buf_span(&shown));
	buf_add_text(line, paint ? "\033[m" : "");
	for (size_t i = 0; !right && i < pad; i++)
		buf_add_char(line, ' ');
	buf_free(&shown);
}

static void end_line(struct renderer *r)
{
	struct buf *line = &r->table->line;
	while (line->length > 0 && line->data[line->length - 1] == ' ')
		line->length--;
	buf_add_span(r->out, buf_span(line));
	buf_add_char(r->out, '\n');
	buf_clear(line);
}

static void next_column(struct table *t, const struct column *column)
{
	const struct column *first = t->columns;
	while (!first->shown)
		first++;
	for (size_t i = 0; column != first && i < GAP; i++)
		buf_add_char(&t->line, ' ');
}

static void print_heading(struct renderer *r)
{
	struct table *t = r->table;
	for (size_t i = 0; i < t->count; i++) {
		if (!t->columns[i].shown)
			continue;
		buf_clear(&r->cell);
		add_heading(r, t->columns[i].field, &r->cell);
		next_column(t, &t->columns[i]);
		add_cell(t, &t->columns[i], buf_span(&r->cell),
			r->settings.color ? "\033[1m" : NULL);
	}
	end_line(r);
}

/* What a held cell says; a bar could not be drawn before its column had a width. */
static struct span held_text(struct renderer *r, const struct column *column, const char *cell)
{
	double most = r->settings.bar_most > 0 ? r->settings.bar_most : 1;
	if (column->field->as != AS_BAR)
		return span_of(cell);
	buf_clear(&r->cell);
	plot_bar(strtod(cell, NULL) / most, column->width, r->settings.ascii, &r->cell);
	return buf_span(&r->cell);
}

static void print_held(struct renderer *r)
{
	struct table *t = r->table;
	for (size_t row = 0; row < t->held_rows; row++) {
		for (size_t i = 0; i < t->count; i++) {
			char **cell = &t->held[row * t->count + i];
			const struct column *column = &t->columns[i];
			struct value value = { .kind = VALUE_TEXT, .text = span_of(*cell) };
			if (column->shown) {
				r->cut += column->field->as != AS_BAR &&
					  text_width(value.text) > column->width;
				next_column(t, column);
				add_cell(t, column, held_text(r, column, *cell),
					r->settings.color ? paint_of(column->field, &value) : NULL);
			}
			free(*cell);
			*cell = NULL;
		}
		end_line(r);
	}
	t->held_rows = 0;
}

/* Of a huge value, what may be shown at both ends. */
static void shorten(struct value *value, struct buf *scratch)
{
	size_t half = CELL_BYTES / 2;
	buf_clear(scratch);
	buf_add(scratch, value->text.data, half);
	buf_add(scratch, value->text.data + value->text.length - half, half);
	value->text = buf_span(scratch);
}

static void hold(struct renderer *r, const struct row *row)
{
	struct table *t = r->table;
	struct buf ends = { 0 };
	for (size_t i = 0; i < t->count; i++) {
		struct column *column = &t->columns[i];
		struct value value = row->values[i];
		if (value.text.length > CELL_BYTES && column->field->as != AS_PATHS)
			shorten(&value, &ends);
		buf_clear(&r->cell);
		if (column->field->as == AS_BAR)
			cell_exact(&value, &r->cell);
		else
			cell_text(column->field, &value, &r->cell);
		size_t width = text_width(buf_span(&r->cell));
		if (width > column->widest)
			column->widest = width;
		if (!t->laid_out) {
			column->natural = width > column->natural ? width : column->natural;
			column->filled |= r->cell.length > 0;
			column->words |= value.kind == VALUE_TEXT || value.kind == VALUE_BYTES;
		}
		t->held[t->held_rows * t->count + i] = xstrdup(buf_text(&r->cell));
	}
	buf_free(&ends);
	t->held_rows++;
}

static void table_settle(struct renderer *r)
{
	if (!r->table->laid_out && r->table->held_rows > 0) {
		lay_out(r);
		print_heading(r);
	}
	print_held(r);
}

static void table_row(struct renderer *r, const struct row *row)
{
	struct table *t = r->table;
	hold(r, row);
	if (t->laid_out)
		print_held(r);
	else if (t->held_rows == HELD_ROWS)
		table_settle(r);
}

static void table_release(struct renderer *r)
{
	struct table *t = r->table;
	if (!t)
		return;
	for (size_t i = 0; i < t->held_rows * t->count; i++)
		free(t->held[i]);
	free(t->held);
	free(t->columns);
	buf_free(&t->line);
	free(t);
	r->table = NULL;
}

const struct render_kind render_table = {
	.begin = table_begin,
	.row = table_row,
	.settle = table_settle,
	.release = table_release,
};

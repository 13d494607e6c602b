#include "render/diff_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "query/blame.h"
#include "render/diff_items.h"
#include "render/json_print.h"

enum {
	NAME_WIDTH_MAX = 30, /* values stand below each other up to here */
	CONTEXT = 2,         /* items that are shown around what changed */
	RUN_MAX = 30,        /* items that are shown of what changed in one place */
	CONTEXT_BYTES = 24,  /* of a long text before the place where it changed */
};

static const char red[] = "31", green[] = "32", bold[] = "1", dim[] = "2";

static void paint(const struct diff_text *s, const char *color, struct span text, struct buf *out)
{
	if (s->color)
		buf_addf(out, "\033[%sm", color);
	buf_add_span(out, text);
	buf_add_text(out, s->color ? "\033[m" : "");
}

/* A value that is looked at. Starts by value_open. */
struct shown_value {
	struct json_doc doc;
	struct buf text;    /* of a string, decoded */
	struct span *items; /* lines of a string, elements of an array */
	size_t count;
	bool is_text;
	bool is_array;
	struct buf line; /* all of it on one line */
};

static void add_item(struct shown_value *v, struct span item)
{
	v->items = xreallocarray(v->items, v->count + 1, sizeof(*v->items));
	v->items[v->count++] = item;
}

static void split_lines(struct shown_value *v)
{
	const char *at = buf_text(&v->text), *end = at + v->text.length, *line_end;
	while ((line_end = memchr(at, '\n', (size_t)(end - at)))) {
		add_item(v, span_make(at, (size_t)(line_end - at)));
		at = line_end + 1;
	}
	add_item(v, span_make(at, (size_t)(end - at)));
}

void diff_text_value(struct span json, struct buf *out)
{
	struct json_layout layout = { .terminal = true };
	struct json_doc doc = { 0 };
	if (json_scan(&doc, json.data, json.length) == JSON_OK &&
		json_kind_of(&doc, 0) == JSON_KIND_STRING) {
		struct buf scratch = { 0 }, quoted = { 0 };
		json_quote(json_text(&doc, 0, &scratch), &quoted);
		text_safe(buf_span(&quoted), out);
		buf_free(&scratch);
		buf_free(&quoted);
	} else {
		json_print(json, &layout, out);
	}
	json_doc_release(&doc);
}

static void value_open(struct shown_value *v, struct span json)
{
	struct buf scratch = { 0 };
	*v = (struct shown_value){ 0 };
	if (!json.data || json_scan(&v->doc, json.data, json.length) != JSON_OK)
		return;
	diff_text_value(json, &v->line);
	v->is_text = json_kind_of(&v->doc, 0) == JSON_KIND_STRING;
	v->is_array = json_kind_of(&v->doc, 0) == JSON_KIND_ARRAY;
	if (v->is_text) {
		buf_add_span(&v->text, json_text(&v->doc, 0, &scratch));
		split_lines(v);
	}
	for (json_index i = v->is_array ? json_first(&v->doc, 0) : JSON_ABSENT; i != JSON_ABSENT;
		i = json_next(&v->doc, 0, i))
		add_item(v, json_raw(&v->doc, i));
	buf_free(&scratch);
}

static void value_release(struct shown_value *v)
{
	json_doc_release(&v->doc);
	buf_free(&v->text);
	buf_free(&v->line);
	free(v->items);
}

/* A line or an element under the property's name. */
static void add_block_line(
	const struct diff_text *s, char mark, bool is_text, struct span item, struct buf *out)
{
	struct buf line = { 0 }, cut = { 0 };
	size_t width = s->width > 10 ? s->width - 6 : 4;
	buf_addf(&cut, "    %c ", mark);
	if (is_text)
		text_safe(item, &line);
	else
		diff_text_value(item, &line);
	text_cut_end(buf_span(&line), width, &cut);
	if (mark == ' ')
		buf_add_span(out, buf_span(&cut));
	else
		paint(s, mark == '-' ? red : green, buf_span(&cut), out);
	buf_add_char(out, '\n');
	buf_free(&line);
	buf_free(&cut);
}

static void add_more(
	const struct diff_text *s, char mark, size_t count, const char *what, struct buf *out)
{
	struct buf line = { 0 };
	buf_addf(&line, "    %c %s %zu %s", mark, text_sign("…", "..."), count, what);
	paint(s, dim, buf_span(&line), out);
	buf_add_char(out, '\n');
	buf_free(&line);
}

static void add_kept(const struct diff_text *s, const struct shown_value *v,
	const struct item_run *run, bool first, bool last, struct buf *out)
{
	size_t head = first ? 0 : CONTEXT, tail = last ? 0 : CONTEXT;
	bool all = run->count <= head + tail + 1;
	for (size_t i = 0; i < run->count; i++) {
		if (all || i < head || i >= run->count - tail)
			add_block_line(s, ' ', v->is_text, v->items[run->start + i], out);
		else if (i == head)
			add_more(s, ' ', run->count - head - tail, "the same", out);
	}
}

static void add_changed(const struct diff_text *s, const struct shown_value *v, char mark,
	const struct item_run *run, struct buf *out)
{
	size_t shown = run->count <= RUN_MAX + 1 ? run->count : RUN_MAX;
	for (size_t i = 0; i < shown; i++)
		add_block_line(s, mark, v->is_text, v->items[run->start + i], out);
	if (shown < run->count)
		add_more(s, mark, run->count - shown, "more", out);
}

static void add_items(const struct diff_text *s, const struct shown_value *old,
	const struct shown_value *new, struct buf *out)
{
	struct item_runs runs = { 0 };
	diff_items(old->items, old->count, new->items, new->count, &runs);
	for (size_t i = 0; i < runs.count; i++) {
		const struct item_run *run = &runs.items[i];
		if (run->kind == ITEMS_KEPT)
			add_kept(s, old, run, i == 0, i + 1 == runs.count, out);
		else if (run->kind == ITEMS_REMOVED)
			add_changed(s, old, '-', run, out);
		else
			add_changed(s, new, '+', run, out);
	}
	item_runs_release(&runs);
}

/* Where two texts begin to differ, some characters before it: a long common beginning tells little.
 */
static size_t where_it_changed(struct span a, struct span b)
{
	size_t at = 0;
	while (at < a.length && at < b.length && a.data[at] == b.data[at])
		at++;
	at = at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0;
	while (at > 0 && (a.data[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The texts are safe already. */
static void add_long(
	const struct diff_text *s, char mark, struct span text, size_t from, struct buf *out)
{
	struct buf line = { 0 }, cut = { 0 };
	size_t width = s->width > 10 ? s->width - 6 : 4;
	buf_addf(&cut, "    %c ", mark);
	buf_add_text(&line, from > 0 ? text_ellipsis() : "");
	buf_add(&line, text.data + from, text.length - from);
	text_cut_end(buf_span(&line), width, &cut);
	paint(s, mark == '-' ? red : green, buf_span(&cut), out);
	buf_add_char(out, '\n');
	buf_free(&line);
	buf_free(&cut);
}

static void add_pair(const struct diff_text *s, const struct shown_value *old,
	const struct shown_value *new, struct buf *out)
{
	paint(s, red, buf_span(&old->line), out);
	buf_add_text(out, text_sign(" → ", " -> "));
	paint(s, green, buf_span(&new->line), out);
	buf_add_char(out, '\n');
}

static void add_blocks(const struct diff_text *s, const struct shown_value *old,
	const struct shown_value *new, struct buf *out)
{
	struct span a = buf_span(&old->line), b = buf_span(&new->line);
	bool by_lines = old->is_text && new->is_text && (old->count > 1 || new->count > 1);
	if (by_lines || (old->is_array && new->is_array)) {
		add_items(s, old, new, out);
		return;
	}
	size_t from = where_it_changed(a, b);
	add_long(s, '-', a, from, out);
	add_long(s, '+', b, from, out);
}

/* One that came or went; cut where it has neither lines nor elements. */
static void add_single(const struct diff_text *s, char mark, const struct shown_value *v,
	size_t room, struct buf *out)
{
	struct buf cut = { 0 };
	text_cut_end(buf_span(&v->line), room, &cut);
	paint(s, mark == '-' ? red : green, buf_span(&cut), out);
	buf_add_char(out, '\n');
	buf_free(&cut);
}

static bool fits_alone(const struct shown_value *v, size_t room)
{
	return v->count <= 1 || text_width(buf_span(&v->line)) <= room;
}

/* Half a line is enough for any name. */
static void add_name(const struct diff_text *s, struct span path, struct buf *out)
{
	struct buf name = { 0 };
	text_safe(property_short(path), &name);
	text_cut_middle(buf_span(&name), s->width / 2, out);
	buf_free(&name);
}

static bool fits_in_line(const struct shown_value *old, const struct shown_value *new, size_t room)
{
	bool has_lines = (old->is_text && old->count > 1) || (new->is_text &&new->count > 1);
	return !has_lines &&
	       text_width(buf_span(&old->line)) + text_width(buf_span(&new->line)) + 3 <= room;
}

/* What stands before the value: padded, where the value follows on the line. */
static void add_label(
	const struct diff_text *s, char mark, struct span path, size_t name_width, struct buf *out)
{
	struct buf label = { 0 };
	buf_addf(&label, "%c ", mark);
	add_name(s, path, &label);
	if (name_width > 0) {
		text_pad(&label, 0, name_width + 2);
		buf_add_text(&label, "  ");
	}
	paint(s, mark == '+' ? green : mark == '-' ? red : bold, buf_span(&label), out);
	if (name_width == 0)
		buf_add_char(out, '\n');
	buf_free(&label);
}

static void add_property(const struct diff_text *s, const struct property_change *change,
	size_t name_width, struct buf *out)
{
	struct shown_value old, new;
	struct span path = change->path;
	size_t used = name_width + 4, room = s->width > used + 4 ? s->width - used : 4;
	char mark = !change->old_value.data ? '+' : !change->new_value.data ? '-' : ' ';
	value_open(&old, change->old_value);
	value_open(&new, change->new_value);
	const struct shown_value *only = mark == '+' ? &new : &old;
	if (mark != ' ' && fits_alone(only, room)) {
		add_label(s, mark, path, name_width, out);
		add_single(s, mark, only, room, out);
	} else if (mark != ' ') {
		add_label(s, mark, path, 0, out);
		add_changed(s, only, mark, &(struct item_run){ .count = only->count }, out);
	} else if (fits_in_line(&old, &new, room)) {
		add_label(s, mark, path, name_width, out);
		add_pair(s, &old, &new, out);
	} else {
		add_label(s, mark, path, 0, out);
		add_blocks(s, &old, &new, out);
	}
	value_release(&old);
	value_release(&new);
}

void diff_text_properties(const struct diff_text *settings, const struct property_change *changes,
	size_t count, struct buf *out)
{
	size_t name_width = 0;
	for (size_t i = 0; i < count; i++) {
		struct buf name = { 0 };
		add_name(settings, changes[i].path, &name);
		size_t width = text_width(buf_span(&name));
		buf_free(&name);
		if (width > name_width)
			name_width = width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
	}
	for (size_t i = 0; i < count; i++)
		add_property(settings, &changes[i], name_width, out);
}

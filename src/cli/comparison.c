#include "cli/comparison.h"

#include <stdlib.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "cli/listing.h"
#include "cli/show_state.h"
#include "event/patch.h"
#include "render/diff_text.h"

static const struct view_field fields[] = {
	FIELD("path", TEXT, 1, 12),
	FIELD("old", JSON, 1, 10),
	FIELD("new", JSON, 1, 10),
	FIELD("blueprint", TEXT, 0, 10),
	FIELD("entity", TEXT, 0, 10),
	{ 0 },
};

static void collect(void *data, const struct property_change *change)
{
	struct comparison *c = data;
	c->changes = xreallocarray(c->changes, c->count + 1, sizeof(*c->changes));
	c->changes[c->count] = *change;
	c->changes[c->count++].path = arena_copy(&c->paths, change->path);
}

void comparison_make(
	struct comparison *c, const struct state_text *before, const struct state_text *after)
{
	c->before = before;
	c->after = after;
	diff_states(&before->doc, before->at, &after->doc, after->at, collect, c);
}

void comparison_release(struct comparison *c)
{
	buf_free(&c->heading);
	free(c->changes);
	arena_free(&c->paths);
}

static void write_patch(const struct invocation *call, const struct comparison *c)
{
	struct buf patch = { 0 };
	patch_write(&c->before->doc, c->before->at, &c->after->doc, c->after->at, &patch);
	write_json(call, &patch);
	buf_free(&patch);
}

static struct value text_value(struct span text)
{
	return (struct value){ .kind = text.data ? VALUE_TEXT : VALUE_NULL, .text = text };
}

static void draw_rows(
	struct renderer *renderer, const struct field_list *chosen, const struct comparison *c)
{
	struct value *values = xcalloc(chosen->count + 1, sizeof(*values));
	for (size_t i = 0; i < c->count; i++) {
		const struct span all[] = { c->changes[i].path, c->changes[i].old_value,
			c->changes[i].new_value, c->blueprint, c->entity };
		for (size_t j = 0; j < chosen->count; j++)
			values[j] = text_value(all[chosen->items[j] - fields]);
		struct row row = { values, chosen->count };
		renderer_row(renderer, &row);
	}
	free(values);
}

static void add_text(
	const struct invocation *call, const struct comparison *c, bool first, struct buf *out)
{
	struct diff_text text = { call->cut_at, call->color };
	buf_add_text(out, first ? "" : "\n");
	buf_add_text(out, call->color ? "\033[1m" : "");
	if (c->blueprint.data)
		text_safe(c->blueprint, out);
	if (c->entity.data) {
		buf_add_char(out, '/');
		text_safe(c->entity, out);
	}
	buf_add_text(out, call->color ? "\033[m  " : "  ");
	buf_add_span(out, buf_span(&c->heading));
	buf_add_text(out, c->count > 0 ? "\n" : ": no difference\n");
	diff_text_properties(&text, c->changes, c->count, out);
}

static bool is_table(const struct invocation *call, int format)
{
	return format == RENDER_TABLE || (format == RENDER_AUTO && call->terminal);
}

static bool write_rows(struct invocation *call, const struct output_settings *settings,
	const struct comparison *comparisons, size_t count, struct error *err)
{
	struct field_list chosen = { 0 };
	struct buf out = { 0 };
	if (!field_list_choose(fields, settings->columns, &chosen, err))
		return false;
	struct render_settings render = listing_render(call, settings->output, &chosen);
	struct renderer *renderer = renderer_new(&render, &out);
	renderer_begin(renderer);
	for (size_t i = 0; i < count; i++)
		draw_rows(renderer, &chosen, &comparisons[i]);
	renderer_end(renderer);
	renderer_free(renderer);
	command_page(call);
	listing_write(&out);
	field_list_release(&chosen);
	buf_free(&out);
	return true;
}

static void write_text(struct invocation *call, const struct comparison *comparisons, size_t count)
{
	struct buf out = { 0 };
	for (size_t i = 0; i < count; i++)
		add_text(call, &comparisons[i], i == 0, &out);
	command_page(call);
	listing_write(&out);
	buf_free(&out);
}

bool comparison_write(struct invocation *call, const struct output_settings *settings,
	const struct comparison *comparisons, size_t count, struct error *err)
{
	bool is_patch = settings->output == RENDER_JSON || settings->output == RENDER_JSONL;
	bool is_text = is_table(call, settings->output);
	if (settings->columns && (is_text || is_patch))
		return error_set(err, ERROR_USAGE, "--columns goes with -o text, csv or tsv");
	if (is_patch)
		write_patch(call, &comparisons[0]);
	else if (is_text)
		write_text(call, comparisons, count);
	else
		return write_rows(call, settings, comparisons, count, err);
	return true;
}

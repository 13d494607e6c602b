/* portlog blame ENTITY [PROPERTY…] */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/listing.h"
#include "cli/show_state.h"
#include "render/diff_text.h"

struct blame_settings {
	struct option_time at;
	struct output_settings output;
};

static const struct option options[] = {
	OPTION(blame_settings, at, '\0', TIME, "TIME", "as the entity was then"),
	OPTION_INCLUDE(blame_settings, output, output_options),
	OPTION_END,
};

enum column {
	PATH,
	VALUE,
	TIME,
	ACTOR,
	RUN_ID,
	SEQ,
	CERTAINTY,
	IDX,
	OPERATION,
	ACTION,
	USER_ID,
	OLD,
	KNOWN_SINCE,
	COLUMNS,
};

static const struct view_field fields[] = {
	[PATH] = FIELD("path", TEXT, 1, 14),
	[VALUE] = FIELD("value", JSON, 1, 16),
	[TIME] = FIELD("time", TIME, 2, 19),
	[ACTOR] = FIELD("actor", TEXT, 1, 12),
	[RUN_ID] = FIELD("run_id", TEXT, 4, 18),
	[SEQ] = FIELD("seq", NUMBER, 3, 9),
	[CERTAINTY] = FIELD("certainty", WORD, 5, 9),
	[IDX] = FIELD("idx", NUMBER, 0, 3),
	[OPERATION] = FIELD("operation", WORD, 0, 6),
	[ACTION] = FIELD("action", TEXT, 0, 10),
	[USER_ID] = FIELD("user_id", TEXT, 0, 10),
	[OLD] = FIELD("old", JSON, 0, 10),
	[KNOWN_SINCE] = FIELD("known_since", TIME, 0, 19),
	{ 0 },
};

static struct value text_value(struct span text)
{
	return (struct value){ .kind = text.data ? VALUE_TEXT : VALUE_NULL, .text = text };
}

static struct value integer_value(bool given, int64_t number)
{
	return (struct value){ .kind = given ? VALUE_INTEGER : VALUE_NULL, .integer = number };
}

/* Texts that a row needs while it is drawn. */
struct drawing {
	char time[RFC3339_SIZE];
	char known_since[RFC3339_SIZE];
	struct buf value;
};

/* People see a property's short name and its text decoded, machines both exactly. */
static void fill_row(const struct blame_entry *entry, bool table, struct drawing *d,
	struct value values[COLUMNS])
{
	bool is_set = entry->has_change && entry->certainty != CERTAINTY_UNKNOWN;
	static const struct change none = { 0 };
	const struct change *c = is_set ? &entry->change : &none;
	clock_format_utc(entry->has_change ? entry->change.time_ms : 0, d->known_since);
	memcpy(d->time, d->known_since, sizeof(d->time));
	buf_clear(&d->value);
	if (table)
		diff_text_value(entry->value, &d->value);
	values[PATH] = text_value(table ? property_short(entry->path) : entry->path);
	values[VALUE] = text_value(table ? buf_span(&d->value) : entry->value);
	values[TIME] = text_value(is_set ? span_of(d->time) : (struct span){ 0 });
	values[ACTOR] = text_value(c->actor);
	values[RUN_ID] = text_value(c->run_id);
	values[SEQ] = integer_value(is_set, c->seq);
	values[CERTAINTY] = text_value(span_of(certainty_word(entry->certainty)));
	values[IDX] = integer_value(is_set, c->idx);
	values[OPERATION] = text_value(c->operation);
	values[ACTION] = text_value(c->action);
	values[USER_ID] = text_value(c->user_id);
	values[OLD] = text_value(entry->old);
	values[KNOWN_SINCE] =
		text_value(entry->has_change ? span_of(d->known_since) : (struct span){ 0 });
}

static void draw(struct renderer *renderer, const struct field_list *chosen,
	const struct blame_entry *entry, bool table)
{
	struct drawing drawing = { 0 };
	struct value all[COLUMNS], *values = xcalloc(chosen->count + 1, sizeof(*values));
	fill_row(entry, table, &drawing, all);
	for (size_t i = 0; i < chosen->count; i++)
		values[i] = all[chosen->items[i] - fields];
	struct row row = { values, chosen->count };
	renderer_row(renderer, &row);
	free(values);
	buf_free(&drawing.value);
}

static bool has_unknown(const struct blame *blame)
{
	for (size_t i = 0; i < blame->count; i++)
		if (blame->entries[i].certainty == CERTAINTY_UNKNOWN)
			return true;
	return false;
}

static bool write_rows(struct invocation *call, const struct blame *blame, struct error *err)
{
	const struct blame_settings *settings = call->settings;
	struct field_list chosen = { 0 };
	struct buf out = { 0 };
	int format = settings->output.output;
	bool table = format == RENDER_TABLE || (format == RENDER_AUTO && call->terminal);
	if (!field_list_choose(fields, settings->output.columns, &chosen, err))
		return false;
	struct render_settings render = listing_render(call, format, &chosen);
	render.keep_columns = settings->output.columns;
	struct renderer *renderer = renderer_new(&render, &out);
	renderer_begin(renderer);
	for (size_t i = 0; i < blame->count; i++)
		draw(renderer, &chosen, &blame->entries[i], table);
	renderer_end(renderer);
	renderer_free(renderer);
	if (table && has_unknown(blame))
		buf_add_text(&out, "\nWhere nobody is named, no change that is recorded set it.\n");
	command_page(call);
	listing_write(&out);
	field_list_release(&chosen);
	buf_free(&out);
	return true;
}

static bool write_object(struct invocation *call, const struct tree_subject *subject,
	const struct blame *blame, struct error *err)
{
	const struct blame_settings *settings = call->settings;
	struct buf out = { 0 };
	if (settings->output.columns)
		return error_set(err, ERROR_USAGE,
			"--columns goes with rows; -o json is one object, -o jsonl a row for each");
	blame_json(subject, blame, &out);
	write_json(call, &out);
	buf_free(&out);
	return true;
}

static bool blame_entity(struct invocation *call, const struct entity_argument *entity,
	const struct text_list *names, struct error *err)
{
	const struct blame_settings *settings = call->settings;
	struct blame_request request = {
		.entity = entity->id,
		.at_ms = settings->at.given ? settings->at.ms : INT64_MAX,
		.names = names,
	};
	struct tree_subject subject = tree_subject(entity, request.at_ms);
	struct blame blame = { 0 };
	bool ok = blame_make(call->reader, &request, &blame, err) &&
		  check_state(&subject, &blame.state, err) && check_names(&subject, &blame, err);
	if (ok && settings->output.output == RENDER_JSON)
		ok = write_object(call, &subject, &blame, err);
	else if (ok)
		ok = write_rows(call, &blame, err);
	blame_release(&blame);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	struct entity_argument entity = { 0 };
	struct text_list names = { 0 };
	if (call->arguments.count == 0)
		return error_set(err, ERROR_USAGE, "it must be said which entity: BLUEPRINT/ID");
	if (!entity_argument(call, call->arguments.items[0], &entity, err))
		return false;
	for (size_t i = 1; i < call->arguments.count; i++)
		text_list_add(&names, call->arguments.items[i]);
	bool ok = blame_entity(call, &entity, &names, err);
	text_list_clear(&names);
	entity_argument_release(&entity);
	return ok;
}

const struct command cmd_blame = {
	.name = "blame",
	.summary = "show who set each property of an entity, when, and in which run",
	.arguments = "ENTITY [PROPERTY…]",
	.description = "A PROPERTY is a path as log shows it, with or without 'properties.' and "
		       "'relations.'; * and ? are wildcards, and an object's name is all it holds. "
		       "Changes "
		       "that failed changed nothing and are left out.",
	.options = options,
	.settings_size = sizeof(struct blame_settings),
	.needs = NEED_STORE,
	.run = run,
};

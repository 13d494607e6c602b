/* portlog show SEQ|RUN|ENTITY */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/entity_argument.h"
#include "cli/listing.h"
#include "cli/show_state.h"
#include "query/detail.h"
#include "render/record_text.h"

struct show_settings {
	struct option_time at;
	bool raw;
	int output;
};

static const struct option options[] = {
	OPTION(show_settings, at, '\0', TIME, "TIME",
		"an entity as it was then, and how sure that is"),
	OPTION(show_settings, raw, '\0', FLAG, NULL, "the value's exact bytes, of a record"),
	OPTION(show_settings, output, 'o', CHOICE, "FORMAT", "text, json or jsonl",
		.choices = render_format_words, .fallback = "auto"),
	OPTION_END,
};

static bool is_json(const struct show_settings *settings)
{
	return settings->output == RENDER_JSON || settings->output == RENDER_JSONL;
}

/* What is shown of a thing: the row itself, then the lists that belong to it. */
struct thing {
	const struct detail *itself;
	const struct detail *lists[3];
	const char *body; /* the member that is shown at the end, on lines of its own */
};

static const struct thing record_thing = {
	&detail_record,
	{ &detail_record_changes, &detail_record_run_events },
	"value",
};
static const struct thing run_thing = {
	&detail_run,
	{ &detail_run_events, &detail_run_executions, &detail_run_reports },
	"inputs",
};
static const struct thing entity_thing = { &detail_entity, { NULL }, "state" };

/* By what it is found: a seq or an id, or the text where there is one. */
struct name {
	int64_t number;
	const char *text;
};

static bool open_detail(struct invocation *call, const struct detail *detail,
	const struct name *name, struct cursor **ret_cursor, struct error *err)
{
	if (name->text)
		return detail_open_text(call->reader, detail, name->text, ret_cursor, err);
	return detail_open_number(call->reader, detail, name->number, ret_cursor, err);
}

/* A list under its own heading, or as a member of the object; nothing for people where it is
 * empty. */
static bool add_list(struct invocation *call, const struct detail *detail, const struct name *name,
	bool json, struct buf *out, struct error *err)
{
	struct cursor *cursor;
	const struct row *row;
	if (!open_detail(call, detail, name, &cursor, err))
		return false;
	struct render_settings render =
		listing_render(call, json ? RENDER_JSON : RENDER_TABLE, cursor_fields(cursor));
	struct buf rows = { 0 };
	struct renderer *renderer = renderer_new(&render, &rows);
	size_t count = 0;
	bool ok;
	renderer_begin(renderer);
	while ((ok = cursor_next(cursor, &row, err)) && row) {
		renderer_row(renderer, row);
		count++;
	}
	renderer_end(renderer);
	if (ok && json) {
		record_text_member(detail->name, buf_span(&rows), out);
	} else if (ok && count > 0) {
		buf_add_char(out, '\n');
		buf_add_span(out, buf_span(&rows));
	}
	renderer_free(renderer);
	buf_free(&rows);
	cursor_free(cursor);
	return ok;
}

static bool add_thing(struct invocation *call, const struct thing *thing, const struct name *name,
	struct cursor *itself, const struct row *row, struct buf *out, struct error *err)
{
	bool json = is_json(call->settings);
	const struct field_list *fields = cursor_fields(itself);
	if (json)
		record_text_object(fields, row, call->terminal, out);
	else
		record_text_members(fields, row, thing->body, call->color, out);
	for (size_t i = 0; i < 3 && thing->lists[i]; i++)
		if (!add_list(call, thing->lists[i], name, json, out, err))
			return false;
	struct value body = cursor_value(itself, thing->body);
	if (json)
		buf_add_text(out, "}\n");
	else
		record_text_body(&body, out);
	return true;
}

/* As it was received; only a terminal is spared what would drive it. */
static void add_raw(struct invocation *call, const struct value *value, struct buf *out)
{
	struct span bytes = value->text;
	if (value->kind == VALUE_NULL)
		return;
	if (call->terminal)
		text_safe_lines(bytes, out);
	else
		buf_add_span(out, bytes);
}

/* ret_found: there is such a thing, and it was shown. */
static bool show(struct invocation *call, const struct thing *thing, const struct name *name,
	bool *ret_found, struct error *err)
{
	const struct show_settings *settings = call->settings;
	struct cursor *itself;
	const struct row *row;
	struct buf out = { 0 };
	if (!open_detail(call, thing->itself, name, &itself, err))
		return false;
	bool ok = cursor_next(itself, &row, err);
	bool found = ok && row;
	if (found && settings->raw) {
		struct value value = cursor_value(itself, "value");
		add_raw(call, &value, &out);
	} else if (found) {
		ok = add_thing(call, thing, name, itself, row, &out, err);
	}
	cursor_free(itself);
	if (ok && found) {
		command_page(call);
		listing_write(&out);
	}
	if (ok)
		*ret_found = found;
	buf_free(&out);
	return ok;
}

static bool show_record(struct invocation *call, const char *what, struct error *err)
{
	bool found;
	errno = 0;
	struct name name = { .number = strtoll(what, NULL, 10) };
	if (errno)
		name.number = 0;
	if (!show(call, &record_thing, &name, &found, err))
		return false;
	return found || error_set(err, ERROR_NEGATIVE, "no record here has the number %.40s", what);
}

static bool show_entity(struct invocation *call, const char *what, struct error *err)
{
	const struct show_settings *settings = call->settings;
	struct entity_argument entity = { 0 };
	bool found = false;
	if (!entity_argument(call, what, &entity, err))
		return false;
	struct name name = { .number = entity.id };
	bool ok = settings->at.given
			  ? show_state(call, &entity, settings->at.ms, is_json(settings), err)
			  : show(call, &entity_thing, &name, &found, err);
	if (ok && !found && !settings->at.given)
		ok = error_set(err, ERROR_NEGATIVE,
			"no state of '%.80s' is known: nothing here says what it was", what);
	entity_argument_release(&entity);
	return ok;
}

static bool is_run_id(const char *what)
{
	static const char *const starts[] = { "r_", "run_", "wfr_", "wfnr_" };
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(what, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct show_settings *settings = call->settings;
	if (call->arguments.count == 0)
		return error_set(err, ERROR_USAGE,
			"it must be said what to show: a record's number, a "
			"run or an entity");
	const char *what = call->arguments.items[0];
	bool is_seq = *what && what[strspn(what, "0123456789")] == '\0';
	if (settings->output == RENDER_CSV || settings->output == RENDER_TSV)
		return error_set(
			err, ERROR_USAGE, "one thing is no table; -o takes text, json or jsonl");
	if (settings->raw && !is_seq)
		return error_set(err, ERROR_USAGE, "--raw goes with a record's number");
	if (settings->at.given && (is_seq || is_run_id(what)))
		return error_set(err, ERROR_USAGE, "--at goes with an entity; /%.80s is one", what);
	if (is_seq)
		return show_record(call, what, err);
	struct name name = { .text = what };
	bool found = false;
	if (is_run_id(what) && !show(call, &run_thing, &name, &found, err))
		return false;
	if (!found && is_run_id(what))
		return argument_names_nothing(call, NAME_RUN, what, err);
	return found || show_entity(call, what, err);
}

const struct command cmd_show = {
	.name = "show",
	.summary = "show all there is about a record, a run or an entity",
	.arguments = "SEQ|RUN|ENTITY",
	.options = options,
	.description =
		"A run comes with its timeline: each step, how long after the one before it, and "
		"how "
		"long after the first. An entity is shown as it is, or as it was --at a TIME.",
	.settings_size = sizeof(struct show_settings),
	.most_arguments = 1,
	.needs = NEED_STORE,
	.run = run,
};

/* portlog show SEQ|RUN|ENTITY */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/entity_argument.h"
#include "cli/show_state.h"
#include "cli/thing.h"
#include "event/event.h"
#include "query/query.h"
#include "render/render.h"
#include "store/summary.h"

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

static const struct thing record_thing = {
	.itself = &detail_record,
	.lists = { &detail_record_changes, &detail_record_run_events },
	.body = "value",
};
static const struct thing run_thing = {
	.itself = &detail_run,
	.lists = { &detail_run_events, &detail_run_executions, &detail_run_reports },
	.body = "inputs",
};
static const struct thing entity_thing = { .itself = &detail_entity, .body = "state" };

static bool show(struct invocation *call, const struct thing *thing, const struct thing_name *name,
	bool *ret_found, struct error *err)
{
	const struct show_settings *settings = call->settings;
	enum thing_form form = settings->raw       ? THING_RAW
			       : is_json(settings) ? THING_JSON
						   : THING_TEXT;
	return thing_show(call, thing, name, form, ret_found, err);
}

/* They are numbered from 1 without holes. */
static bool no_record(struct invocation *call, const char *what, struct error *err)
{
	struct summary summary = { 0 };
	if (!summary_read(call->reader, call->store_path, &summary, err))
		return false;
	if (summary.records == 0)
		error_set(err, ERROR_NEGATIVE, "no record is here yet");
	else
		error_set(err, ERROR_NEGATIVE,
			"no record here has the number %.40s; they go from 1 to %" PRId64, what,
			summary.records);
	summary_release(&summary);
	return false;
}

static bool show_record(struct invocation *call, const char *what, struct error *err)
{
	bool found;
	errno = 0;
	struct thing_name name = { .number = strtoll(what, NULL, 10) };
	if (errno)
		name.number = 0;
	if (!show(call, &record_thing, &name, &found, err))
		return false;
	return found || no_record(call, what, err);
}

static bool show_entity(struct invocation *call, const char *what, struct error *err)
{
	const struct show_settings *settings = call->settings;
	struct entity_argument entity = { 0 };
	bool found = false;
	if (!entity_argument(call, what, &entity, err))
		return false;
	struct thing_name name = { .number = entity.id };
	bool ok = settings->at.given
			  ? show_state(call, &entity, settings->at.ms, is_json(settings), err)
			  : show(call, &entity_thing, &name, &found, err);
	if (ok && !found && !settings->at.given)
		ok = error_set(err, ERROR_NEGATIVE,
			"no state of '%.80s' is known: nothing here says what it was", what);
	entity_argument_release(&entity);
	return ok;
}

/* A change may name a run that is not recorded: one of before the recording, say. */
static bool no_run(struct invocation *call, const char *what, struct error *err)
{
	struct filter_settings filter = { 0 };
	struct query_settings settings = { .view = &view_changes, .filter = &filter, .limit = -1 };
	struct query *query;
	int64_t count = 0;
	text_list_add(&filter.run.any_of, what);
	bool ok = query_open(call->reader, &settings, &query, err);
	if (ok) {
		ok = query_count(query, &count, err);
		query_close(query);
	}
	text_list_clear(&filter.run.any_of);
	if (ok && (count == 0 || text_has_wildcard(span_of(what))))
		return argument_names_nothing(call, NAME_RUN, what, err);
	return ok && error_set(err, ERROR_NEGATIVE,
			     "run '%.80s' itself is not recorded, only %" PRId64
			     " %s; 'portlog log --run %.80s' shows %s",
			     what, count, count == 1 ? "change by it" : "changes by it", what,
			     count == 1 ? "that" : "them");
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
	if (settings->at.given && (is_seq || run_id_is_one(span_of(what))))
		return error_set(err, ERROR_USAGE, "--at goes with an entity; /%.80s is one", what);
	if (is_seq)
		return show_record(call, what, err);
	struct thing_name name = { .text = what };
	bool found = false;
	if (run_id_is_one(span_of(what)) && !show(call, &run_thing, &name, &found, err))
		return false;
	if (!found && run_id_is_one(span_of(what)))
		return no_run(call, what, err);
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

/* portlog diff ENTITY [--from TIME] [--to TIME]; portlog diff SEQ[.IDX] */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "cli/comparison.h"
#include "cli/show_state.h"
#include "query/history.h"

struct diff_settings {
	struct option_time from;
	struct option_time to;
	bool exit_code;
	struct output_settings output;
};

static const struct option options[] = {
	OPTION(diff_settings, from, '\0', TIME, "TIME",
		"from the entity as it was then (else: what the last change changed)"),
	OPTION(diff_settings, to, '\0', TIME, "TIME", "to the entity as it was then (else: now)"),
	OPTION(diff_settings, exit_code, '\0', FLAG, NULL, "exit with 1 where it differs"),
	OPTION_INCLUDE(diff_settings, output, output_options),
	OPTION_END,
};

static void add_time(int64_t ms, struct buf *out)
{
	char time[TIME_TEXT_SIZE];
	time_format(ms, time);
	buf_add_text(out, time);
}

static bool write_out(struct invocation *call, const struct comparison *comparisons, size_t count,
	struct error *err)
{
	const struct diff_settings *settings = call->settings;
	bool differs = false;
	for (size_t i = 0; i < count; i++)
		differs = differs || comparisons[i].count > 0;
	return comparison_write(call, &settings->output, comparisons, count, err) &&
	       (!settings->exit_code || !differs || command_negative(err));
}

/* What each of the changes changed. */
static bool diff_changes(
	struct invocation *call, const struct change *changes, size_t count, struct error *err)
{
	struct states *states = xcalloc(count, sizeof(*states));
	struct comparison *comparisons = xcalloc(count, sizeof(*comparisons));
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		struct comparison *c = &comparisons[i];
		c->blueprint = changes[i].blueprint;
		c->entity = changes[i].entity;
		add_time(changes[i].time_ms, &c->heading);
		buf_add_text(&c->heading, "  ");
		add_change_origin(&changes[i], &c->heading);
		ok = states_read(call->reader, &changes[i], &states[i], err);
		if (ok)
			comparison_make(c, &states[i].before, &states[i].after);
	}
	ok = ok && write_out(call, comparisons, count, err);
	for (size_t i = 0; i < count; i++) {
		comparison_release(&comparisons[i]);
		states_release(&states[i]);
	}
	free(states);
	free(comparisons);
	return ok;
}

/* SEQ, or SEQ.IDX where a record tells of several changes. */
struct place {
	int64_t seq;
	int64_t idx; /* -1: all */
};

static bool read_place(const char *what, struct place *ret_place)
{
	size_t digits = strspn(what, "0123456789");
	const char *rest = what + digits;
	size_t more = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
	if (digits == 0 || (*rest && (more == 0 || rest[1 + more])))
		return false;
	errno = 0;
	ret_place->seq = strtoll(what, NULL, 10);
	ret_place->idx = *rest ? strtoll(rest + 1, NULL, 10) : -1;
	if (errno)
		ret_place->seq = 0;
	return true;
}

/* Leaves those that are meant and took place; failed: the message of one that did not. */
static void choose(struct change_list *list, const struct place *place, bool *ret_failed)
{
	size_t kept = 0;
	*ret_failed = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct change *change = &list->items[i];
		if (place->idx >= 0 && change->idx != place->idx)
			continue;
		if (span_is(change->status, "FAILURE"))
			*ret_failed = true;
		else
			list->items[kept++] = *change;
	}
	list->count = kept;
}

static bool check_chosen(const struct invocation *call, const struct change_list *list,
	const char *what, bool failed, struct error *err)
{
	const struct diff_settings *settings = call->settings;
	bool is_patch =
		settings->output.output == RENDER_JSON || settings->output.output == RENDER_JSONL;
	if (list->count == 0 && failed)
		return error_set(err, ERROR_NEGATIVE,
			"the change in record %.40s failed: it changed nothing", what);
	if (list->count == 0)
		return error_set(err, ERROR_NEGATIVE,
			"no record here with the number %.40s tells of a change", what);
	if (list->count > 1 && is_patch)
		return error_set(err, ERROR_NEGATIVE,
			"record %.40s tells of %zu changes, a patch is of one; name it, as in "
			"%.40s.%" PRId64,
			what, list->count, what, list->items[0].idx);
	return true;
}

static bool diff_record(
	struct invocation *call, const struct place *place, const char *what, struct error *err)
{
	struct arena texts = { 0 };
	struct change_list list = { 0 };
	bool failed = false;
	bool ok = changes_of_record(call->reader, place->seq, &texts, &list, err);
	if (ok) {
		choose(&list, place, &failed);
		ok = check_chosen(call, &list, what, failed, err) &&
		     diff_changes(call, list.items, list.count, err);
	}
	change_list_release(&list);
	arena_free(&texts);
	return ok;
}

/* The newest change until then that tells both what was before and what came of it. */
static bool diff_last(struct invocation *call, const struct entity_argument *entity, int64_t to_ms,
	struct error *err)
{
	struct arena texts = { 0 };
	struct history *past;
	struct change change;
	bool found = true, tells = false, ok = true;
	history_open(call->reader, entity->id, to_ms, false, &texts, &past);
	while (!tells && found && (ok = history_next(past, &change, &found, err)))
		tells = found && (change.has_before || change_creates(&change));
	if (ok && !tells)
		ok = error_set(err, ERROR_NEGATIVE, "no change of '%.80s' until then is here",
			entity->entity ? entity->entity : "");
	else if (ok)
		ok = diff_changes(call, &change, 1, err);
	history_free(past);
	arena_free(&texts);
	return ok;
}

static void add_end(const struct state *state, int64_t ms, struct buf *out)
{
	if (ms == INT64_MAX)
		buf_add_text(out, "now");
	else
		add_time(ms, out);
	if (state->certainty != CERTAINTY_PROVEN)
		buf_addf(out, " (%s)", certainty_word(state->certainty));
}

static bool check_known(const struct entity_argument *entity, const struct state *state,
	const char *option, struct error *err)
{
	struct tree_subject subject = tree_subject(entity, 0);
	if (state->certainty != CERTAINTY_UNKNOWN)
		return true;
	return check_state(&subject, state, err) || error_prefix(err, "%s", option);
}

static bool diff_states_of(
	struct invocation *call, const struct entity_argument *entity, struct error *err)
{
	const struct diff_settings *settings = call->settings;
	int64_t from_ms = settings->from.ms;
	int64_t to_ms = settings->to.given ? settings->to.ms : INT64_MAX;
	struct arena texts = { 0 };
	struct state from = { 0 }, to = { 0 };
	struct comparison c = { .blueprint = span_of(entity->blueprint),
		.entity = span_of(entity->entity) };
	bool ok = state_at(call->reader, entity->id, from_ms, &texts, &from, err) &&
		  check_known(entity, &from, "--from", err) &&
		  state_at(call->reader, entity->id, to_ms, &texts, &to, err) &&
		  check_known(entity, &to, "--to", err);
	if (ok) {
		add_end(&from, from_ms, &c.heading);
		buf_add_text(&c.heading, text_sign(" → ", " -> "));
		add_end(&to, to_ms, &c.heading);
		comparison_make(&c, &from.text, &to.text);
		ok = write_out(call, &c, 1, err);
	}
	comparison_release(&c);
	state_release(&from);
	state_release(&to);
	arena_free(&texts);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct diff_settings *settings = call->settings;
	struct entity_argument entity = { 0 };
	struct place place;
	if (call->arguments.count == 0)
		return error_set(err, ERROR_USAGE,
			"it must be said of what: an entity, or a record's number");
	const char *what = call->arguments.items[0];
	bool times = settings->from.given || settings->to.given;
	if (settings->from.given && settings->to.given && settings->from.ms > settings->to.ms)
		return error_set(err, ERROR_USAGE, "--from is after --to");
	if (read_place(what, &place)) {
		if (times)
			return error_set(err, ERROR_USAGE,
				"--from and --to go with an entity; /%.80s is one", what);
		return diff_record(call, &place, what, err);
	}
	if (!entity_argument(call, what, &entity, err))
		return false;
	bool ok = settings->from.given
			  ? diff_states_of(call, &entity, err)
			  : diff_last(call, &entity,
				    settings->to.given ? settings->to.ms : INT64_MAX, err);
	entity_argument_release(&entity);
	return ok;
}

const struct command cmd_diff = {
	.name = "diff",
	.summary = "show what changed, property by property: old → new",
	.arguments = "ENTITY|SEQ",
	.description =
		"Of an entity: between two times, or what its last change changed. Of a record: "
		"what "
		"that change changed (SEQ.IDX where it tells of several). -o json is a JSON patch "
		"(RFC 6902) from the old state to the new one; a state that is not there is null. "
		"updatedAt, updatedBy and changes that failed are no difference.",
	.options = options,
	.settings_size = sizeof(struct diff_settings),
	.most_arguments = 1,
	.needs = NEED_STORE,
	.run = run,
};

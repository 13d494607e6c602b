#include "cli/show_state.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/listing.h"
#include "render/json_print.h"
#include "render/record_text.h"

struct tree_subject tree_subject(const struct entity_argument *entity, int64_t at_ms)
{
	return (struct tree_subject){ span_of(entity->blueprint), span_of(entity->entity), at_ms };
}

void write_json(const struct invocation *call, struct buf *out)
{
	struct json_layout layout = { .terminal = call->terminal };
	struct buf printed = { 0 };
	json_print(buf_span(out), &layout, &printed);
	buf_add_char(&printed, '\n');
	buf_clear(out);
	listing_write(&printed);
	buf_free(&printed);
}

void add_change_origin(const struct change *change, struct buf *out)
{
	if (change->operation.data) {
		text_safe(change->operation, out);
		buf_add_char(out, ' ');
	}
	if (change->actor.data) {
		buf_add_text(out, "by ");
		text_safe(change->actor, out);
		buf_add_char(out, ' ');
	}
	if (change->run_id.data) {
		buf_add_text(out, "in run ");
		text_safe(change->run_id, out);
		buf_add_char(out, ' ');
	}
	buf_addf(out, "(seq %" PRId64 ")", change->seq);
}

/* "service/checkout" for an error's text. */
static char *name_of(const struct tree_subject *subject)
{
	struct buf name = { 0 };
	if (subject->blueprint.data) {
		buf_add_span(&name, subject->blueprint);
		buf_add_char(&name, '/');
	}
	buf_add_span(&name, subject->entity);
	return buf_take(&name);
}

bool check_state(const struct tree_subject *subject, const struct state *state, struct error *err)
{
	char time[TIME_TEXT_SIZE];
	if (state->exists)
		return true;
	char *name = name_of(subject);
	time_format(state->change.time_ms, time);
	if (!state->has_change)
		error_set(err, ERROR_NEGATIVE, "no change here tells what '%.80s' was", name);
	else if (state->certainty == CERTAINTY_PROVEN)
		error_set(err, ERROR_NEGATIVE,
			"'%.80s' was deleted on %s (record %" PRId64
			"); name an earlier time to see it as it was before",
			name, time, state->change.seq);
	else
		error_set(err, ERROR_NEGATIVE,
			state->certainty == CERTAINTY_INFERRED
				? "'%.80s' was not there yet: it was created on %s (record "
				  "%" PRId64 ")"
				: "nothing here tells what '%.80s' was then; the first change of "
				  "it is of %s (record %" PRId64 ")",
			name, time, state->change.seq);
	free(name);
	return false;
}

bool check_names(const struct tree_subject *subject, const struct blame *blame, struct error *err)
{
	if (blame->missing.count == 0)
		return true;
	char *name = name_of(subject);
	error_set(err, ERROR_NEGATIVE, "'%.80s' has no property '%.80s'%s%.80s%s", name,
		blame->missing.items[0], blame->nearest ? "; did you mean '" : "",
		blame->nearest ? blame->nearest : "", blame->nearest ? "'?" : "");
	free(name);
	return false;
}

static void add_member(
	const struct invocation *call, const char *name, struct span value, struct buf *out)
{
	buf_addf(out, call->color ? "\033[2m%-9s\033[m  " : "%-9s  ", name);
	text_safe(value, out);
	buf_add_char(out, '\n');
}

static void add_time(const struct invocation *call, const char *name, int64_t ms, struct buf *out)
{
	char text[TIME_TEXT_SIZE];
	time_format(ms, text);
	add_member(call, name, span_of(text), out);
}

/* Why it is as sure as it is. */
static const char *reason(const struct state *state)
{
	switch (state->certainty) {
	case CERTAINTY_PROVEN:
		return state->exists ? "the change before that time left it so"
				     : "it had been deleted";
	case CERTAINTY_INFERRED:
		return state->exists ? "the first change that was recorded after that time found "
				       "it so"
				     : "it was created later";
	case CERTAINTY_UNKNOWN:
		break;
	}
	return "no change here tells what it was then";
}

static void add_state(
	const struct invocation *call, const struct state *state, int64_t at_ms, struct buf *out)
{
	struct buf text = { 0 };
	add_time(call, "at", at_ms, out);
	buf_addf(&text, "%s: %s", certainty_word(state->certainty), reason(state));
	add_member(call, "certainty", buf_span(&text), out);
	if (state->certainty != CERTAINTY_UNKNOWN)
		add_member(call, "deleted",
			span_of(state->exists                          ? "no"
				: state->certainty == CERTAINTY_PROVEN ? "yes"
								       : "not yet made"),
			out);
	if (state->has_change) {
		const char *name = state->certainty == CERTAINTY_PROVEN ? "change" : "next";
		buf_clear(&text);
		add_change_origin(&state->change, &text);
		add_member(call, name, buf_span(&text), out);
		add_time(call, "time", state->change.time_ms, out);
	}
	buf_free(&text);
}

/* What is there is shown as without --at. */
static void add_text(const struct invocation *call, const struct entity_argument *entity,
	const struct state *state, int64_t at_ms, struct buf *out)
{
	struct buf scratch = { 0 };
	json_index title = json_member(&state->text.doc, state->text.at, span_of("title"));
	struct span title_text = json_text(&state->text.doc, title, &scratch);
	if (entity->blueprint)
		add_member(call, "blueprint", span_of(entity->blueprint), out);
	if (entity->entity)
		add_member(call, "entity", span_of(entity->entity), out);
	if (title_text.data)
		add_member(call, "title", title_text, out);
	add_state(call, state, at_ms, out);
	if (state->exists) {
		struct value body = { .kind = VALUE_TEXT, .text = buf_span(&state->text.text) };
		record_text_body(&body, out);
	}
	buf_free(&scratch);
}

bool show_state(struct invocation *call, const struct entity_argument *entity, int64_t at_ms,
	bool json, struct error *err)
{
	struct arena texts = { 0 };
	struct state state = { 0 };
	struct buf out = { 0 };
	struct tree_subject subject = tree_subject(entity, at_ms);
	bool ok = state_at(call->reader, entity->id, at_ms, &texts, &state, err);
	if (ok && json) {
		state_json(&subject, &state, &out);
		write_json(call, &out);
	} else if (ok) {
		add_text(call, entity, &state, at_ms, &out);
		command_page(call);
		listing_write(&out);
	}
	state_release(&state);
	arena_free(&texts);
	buf_free(&out);
	return ok;
}

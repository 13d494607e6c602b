#include "render/tree_json.h"

#include "base/clock.h"
#include "base/json_write.h"

static void member_time(struct json_writer *w, const char *name, bool given, int64_t ms)
{
	char text[RFC3339_SIZE];
	clock_format_utc(given ? ms : 0, text);
	json_member_text(w, name, given ? text : NULL);
}

static void member_raw(struct json_writer *w, const char *name, struct span json)
{
	json_key(w, name);
	json_raw_value(w, json);
}

static void add_subject(struct json_writer *w, const struct tree_subject *subject)
{
	json_object_start(w);
	json_member_span(w, "blueprint", subject->blueprint);
	json_member_span(w, "entity", subject->entity);
	member_time(w, "at", subject->at_ms != INT64_MAX, subject->at_ms);
}

/* given: there is such a change; else its members are null. */
static void add_origin(struct json_writer *w, const struct change *change, bool given)
{
	static const struct change none = { 0 };
	const struct change *c = given ? change : &none;
	member_time(w, "time", given, c->time_ms);
	json_key(w, "seq");
	given ? json_int_value(w, c->seq) : json_null_value(w);
	json_key(w, "idx");
	given ? json_int_value(w, c->idx) : json_null_value(w);
	json_member_span(w, "operation", c->operation);
	json_member_span(w, "actor", c->actor);
	json_member_span(w, "user_id", c->user_id);
	json_member_span(w, "run_id", c->run_id);
	json_member_span(w, "action", c->action);
}

static struct span state_span(const struct state *state)
{
	return json_raw(&state->text.doc, state->text.at);
}

void state_json(const struct tree_subject *subject, const struct state *state, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct buf scratch = { 0 };
	json_index title = json_member(&state->text.doc, state->text.at, span_of("title"));
	add_subject(&w, subject);
	json_member_span(&w, "title", json_text(&state->text.doc, title, &scratch));
	json_member_text(&w, "certainty", certainty_word(state->certainty));
	json_key(&w, "deleted");
	if (state->certainty == CERTAINTY_UNKNOWN)
		json_null_value(&w);
	else
		json_int_value(&w, !state->exists);
	add_origin(&w, &state->change, state->has_change);
	member_raw(&w, "state", state_span(state));
	json_object_end(&w);
	buf_add_char(out, '\n');
	buf_free(&scratch);
}

/* Who set it; or, where no change here did, since when it is known. */
static void add_entry(struct json_writer *w, const struct blame_entry *entry)
{
	bool is_set = entry->has_change && entry->certainty != CERTAINTY_UNKNOWN;
	json_member_span(w, "path", entry->path);
	member_raw(w, "value", entry->value);
	member_raw(w, "old", entry->old);
	json_member_text(w, "certainty", certainty_word(entry->certainty));
	add_origin(w, &entry->change, is_set);
	member_time(w, "known_since", entry->has_change, entry->change.time_ms);
}

void blame_json(const struct tree_subject *subject, const struct blame *blame, struct buf *out)
{
	struct json_writer w = { .out = out };
	add_subject(&w, subject);
	json_member_text(&w, "certainty", certainty_word(blame->state.certainty));
	json_key(&w, "properties");
	json_array_start(&w);
	for (size_t i = 0; i < blame->count; i++) {
		json_object_start(&w);
		add_entry(&w, &blame->entries[i]);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	buf_add_char(out, '\n');
}

static void add_run(struct json_writer *w, const struct cause_run *run)
{
	json_member_text(w, "cause", "run");
	json_member_span(w, "run_id", run->run_id);
	member_time(w, "time", run->is_known, run->time_ms);
	json_member_span(w, "kind", run->kind);
	json_member_span(w, "action", run->action);
	json_member_span(w, "actor", run->actor);
	json_member_span(w, "user_id", run->user_id);
	json_member_span(w, "approved_by", run->approved_by);
	json_member_span(w, "status", run->status);
	json_member_span(w, "blueprint", run->blueprint);
	json_member_span(w, "entity", run->entity);
}

static void add_change(struct json_writer *w, const struct change *change)
{
	json_member_text(w, "cause", "change");
	add_origin(w, change, true);
	json_member_span(w, "origin", change->origin);
	json_member_span(w, "resource", change->resource);
	json_member_span(w, "blueprint", change->blueprint);
	json_member_span(w, "entity", change->entity);
}

static const char *end_word(enum cause_end end)
{
	return end == CAUSE_CYCLE ? "cycle" : end == CAUSE_LENGTH ? "length" : "root";
}

void why_json(const struct tree_subject *subject, const struct blame_entry *entry,
	const struct causes *causes, struct span sentence, struct buf *out)
{
	struct json_writer w = { .out = out };
	add_subject(&w, subject);
	add_entry(&w, entry);
	json_member_span(&w, "sentence", sentence);
	json_key(&w, "causes");
	json_array_start(&w);
	for (size_t i = 0; i < causes->count; i++) {
		json_object_start(&w);
		if (causes->links[i].is_run)
			add_run(&w, &causes->links[i].run);
		else
			add_change(&w, &causes->links[i].change);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_member_text(&w, "end", end_word(causes->end));
	json_object_end(&w);
	buf_add_char(out, '\n');
}

#include "query/state.h"

#include "query/history.h"

const char *certainty_word(enum certainty certainty)
{
	static const char *const words[] = {
		[CERTAINTY_UNKNOWN] = "unknown",
		[CERTAINTY_PROVEN] = "proven",
		[CERTAINTY_INFERRED] = "inferred",
	};
	return words[certainty];
}

enum side {
	BEFORE,
	AFTER,
	NOTHING, /* it was not there */
};

static bool take(sqlite3 *database, const struct change *change, enum certainty certainty,
	enum side side, struct state *state, struct error *err)
{
	struct states states = { 0 };
	state->certainty = certainty;
	state->change = *change;
	state->has_change = true;
	if (side == NOTHING)
		return true;
	bool ok = states_read(database, change, &states, err);
	if (ok) {
		struct state_text *text = side == AFTER ? &states.after : &states.before;
		state_text_set(&state->text,
			text->at == JSON_ABSENT ? (struct span){ 0 } : buf_span(&text->text));
		state->exists = state->text.at != JSON_ABSENT;
	}
	states_release(&states);
	return ok;
}

/* The newest change until then that says what it left. A timer that expired says nothing. */
static bool take_last(sqlite3 *database, struct history *past, struct state *state, bool *ret_found,
	struct error *err)
{
	struct change change;
	bool found;
	*ret_found = false;
	while (history_next(past, &change, &found, err)) {
		if (!found)
			return true;
		if (!change_deletes(&change) && !change.has_after)
			continue;
		*ret_found = true;
		return take(database, &change, CERTAINTY_PROVEN,
			change_deletes(&change) ? NOTHING : AFTER, state, err);
	}
	return false;
}

/* What the first change after that found there: something, or (CREATE) nothing. */
static bool infer(sqlite3 *database, struct history *future, struct state *state, struct error *err)
{
	struct change change;
	bool found;
	if (!history_next(future, &change, &found, err))
		return false;
	if (!found)
		return true;
	if (change.has_before || change_creates(&change))
		return take(database, &change, CERTAINTY_INFERRED,
			change.has_before ? BEFORE : NOTHING, state, err);
	state->change = change;
	state->has_change = true;
	return true;
}

bool state_at(sqlite3 *database, int64_t entity, int64_t at_ms, struct arena *texts,
	struct state *state, struct error *err)
{
	struct history *past, *future;
	bool found;
	history_open(database, entity, at_ms, false, texts, &past);
	history_open(database, entity, at_ms, true, texts, &future);
	state_text_set(&state->text, (struct span){ 0 });
	bool ok = take_last(database, past, state, &found, err) &&
		  (found || infer(database, future, state, err));
	history_free(past);
	history_free(future);
	return ok;
}

void state_release(struct state *state)
{
	state_text_release(&state->text);
}

#include "query/blame.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "event/diff.h"
#include "query/history.h"
#include "query/statement.h"

/* Walking back from the state: what is not yet explained, by path, and the last step. */
struct walk {
	sqlite3 *database;
	struct blame *blame;
	struct blame_entry **open; /* sorted by path; explained ones have a change */
	size_t open_count;
	size_t left; /* of open, not yet explained */
	struct change step;
	struct states states; /* of step */
	bool has_step;
	enum certainty certainty; /* of what the diff in hand explains */
	const char *removed;      /* a name that is looked for among what went */
};

static int compare_paths(struct span a, struct span b)
{
	size_t common = a.length < b.length ? a.length : b.length;
	int order = memcmp(a.data, b.data, common);
	return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int by_path(const void *a, const void *b)
{
	const struct blame_entry *const *x = a, *const *y = b;
	return compare_paths((*x)->path, (*y)->path);
}

/* The first that is not before the path. */
static size_t lower_bound(const struct walk *w, struct span path)
{
	size_t low = 0, high = w->open_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_paths(w->open[middle]->path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void explain(struct walk *w, struct blame_entry *entry, struct span old)
{
	if (entry->has_change)
		return;
	entry->has_change = true;
	entry->certainty = w->certainty;
	entry->change = w->step;
	if (w->certainty != CERTAINTY_UNKNOWN)
		entry->old = arena_copy(&w->blame->texts, old);
	w->left--;
}

static bool is_below(struct span path, struct span above)
{
	return path.length > above.length && path.data[above.length] == '.' &&
	       memcmp(path.data, above.data, above.length) == 0;
}

/* A value that became an object explains what is in the object; one that lost its last member
 * explains the empty object. */
static void explain_path(struct walk *w, struct span path, struct span old)
{
	for (size_t i = lower_bound(w, path); i < w->open_count; i++) {
		struct span open = w->open[i]->path;
		if (span_equal(open, path))
			explain(w, w->open[i], old);
		else if (is_below(open, path))
			explain(w, w->open[i], (struct span){ 0 });
		else if (open.length < path.length || memcmp(open.data, path.data, path.length))
			break;
	}
	for (size_t cut = path.length; cut > 0; cut--) {
		if (cut == path.length || path.data[cut] != '.')
			continue;
		struct span above = span_make(path.data, cut);
		size_t i = lower_bound(w, above);
		if (i < w->open_count && span_equal(w->open[i]->path, above))
			explain(w, w->open[i], (struct span){ 0 });
	}
}

static struct blame_entry *add_entry(struct blame *blame, struct span path, struct span value)
{
	blame->entries = xreallocarray(blame->entries, blame->count + 1, sizeof(*blame->entries));
	blame->entries[blame->count] = (struct blame_entry){
		.path = arena_copy(&blame->texts, path),
		.value = value,
	};
	return &blame->entries[blame->count++];
}

static void explain_change(void *data, const struct property_change *change)
{
	struct walk *w = data;
	if (w->left > 0)
		explain_path(w, change->path, change->old_value);
	if (w->removed && !change->new_value.data && w->blame->count == 0 &&
		property_is_named(change->path, w->removed)) {
		struct blame_entry *entry = add_entry(w->blame, change->path, (struct span){ 0 });
		entry->has_change = true;
		entry->certainty = w->certainty;
		entry->change = w->step;
		entry->old = arena_copy(&w->blame->texts, change->old_value);
	}
}

static void explain_diff(struct walk *w, enum certainty certainty, const struct state_text *old,
	const struct state_text *new)
{
	w->certainty = certainty;
	diff_states(&old->doc, old->at, &new->doc, new->at, explain_change, w);
}

static bool same_state(const struct state_text *a, const struct state_text *b)
{
	return json_same(&a->doc, a->at, &b->doc, b->at);
}

/* The same change may be told twice: in the change log, and by the automation that it fired. The
 * one that names its run is preferred, else the one that came first. */
static bool is_copy(const struct walk *w, const struct change *change, const struct states *states)
{
	return w->has_step && change->time_ms == w->step.time_ms &&
	       same_state(&states->before, &w->states.before) &&
	       same_state(&states->after, &w->states.after);
}

static void prefer(struct walk *w, const struct change *copy)
{
	if (w->step.run_id.data && !copy->run_id.data)
		return;
	for (size_t i = 0; i < w->blame->count; i++) {
		struct blame_entry *entry = &w->blame->entries[i];
		if (entry->has_change && change_is(&entry->change, &w->step))
			entry->change = *copy;
	}
	w->step = *copy;
}

/* The step that was in hand, now that it is known what was there before it. */
static void settle(struct walk *w, const struct state_text *older)
{
	bool tells_before = w->states.before.at != JSON_ABSENT || change_creates(&w->step);
	if (!w->has_step)
		return;
	if (tells_before)
		explain_diff(w, CERTAINTY_UNKNOWN, older, &w->states.before);
	else
		explain_diff(w, CERTAINTY_INFERRED, older, &w->states.after);
}

static void enter(struct walk *w, const struct change *change, struct states *states)
{
	struct states free_states = w->states;
	w->step = *change;
	w->states = *states;
	*states = free_states;
	w->has_step = true;
	if (w->states.before.at != JSON_ABSENT || change_creates(change) || change_deletes(change))
		explain_diff(w, CERTAINTY_PROVEN, &w->states.before, &w->states.after);
}

static bool is_done(const struct walk *w)
{
	return w->left == 0 && (!w->removed || w->blame->count > 0);
}

/* One more change of the past. ret_more: there may be something behind it. Before it was created,
 * or deleted, it was another of the same name. */
static bool take_step(struct walk *w, const struct change *change, struct states *states,
	bool *ret_more, struct error *err)
{
	bool over = w->has_step && (is_done(w) || change_creates(&w->step));
	*ret_more = !over || change->time_ms == w->step.time_ms;
	if (!*ret_more || (!change_deletes(change) && !change->has_after))
		return true;
	if (!states_read(w->database, change, states, err))
		return false;
	if (is_copy(w, change, states)) {
		prefer(w, change);
		return true;
	}
	*ret_more = !over && !change_deletes(change);
	if (!over)
		settle(w, &states->after);
	if (*ret_more)
		enter(w, change, states);
	return true;
}

static bool walk_back(struct walk *w, int64_t entity, int64_t at_ms, struct error *err)
{
	struct history *past;
	struct states states = { 0 };
	struct change change;
	bool found = true, more = true, ok = true;
	history_open(w->database, entity, at_ms, false, &w->blame->texts, &past);
	while (ok && more && (ok = history_next(past, &change, &found, err)) && found)
		ok = take_step(w, &change, &states, &more, err);
	history_free(past);
	states_release(&states);
	return ok;
}

/* What no change here explains was so when it was first seen. */
static void finish(struct walk *w)
{
	const struct state *state = &w->blame->state;
	const struct change *first = w->has_step ? &w->step : &state->change;
	for (size_t i = 0; i < w->blame->count; i++) {
		struct blame_entry *entry = &w->blame->entries[i];
		if (entry->has_change)
			continue;
		entry->has_change = state->has_change;
		entry->change = *first;
	}
}

static bool is_wanted(const struct text_list *names, struct span path)
{
	for (size_t i = 0; i < names->count; i++)
		if (property_is_named(path, names->items[i]))
			return true;
	return names->count == 0;
}

struct listing_properties {
	struct blame *blame;
	const struct text_list *names;
	struct text_list paths;
	bool *found;
};

static void list_property(void *data, const struct property_change *change)
{
	struct listing_properties *l = data;
	struct span path = change->path;
	for (size_t i = 0; i < l->names->count; i++)
		l->found[i] = l->found[i] || property_is_named(path, l->names->items[i]);
	if (is_wanted(l->names, path))
		add_entry(l->blame, path, change->new_value);
	if (l->names->count > 0) {
		struct span texts[] = { path, property_short(path) };
		for (size_t i = 0; i < 2; i++) {
			char *text = span_dup(texts[i]);
			text_list_add(&l->paths, text);
			free(text);
		}
	}
}

/* The properties are what differs from nothing. */
static void list_properties(struct blame *blame, const struct text_list *names)
{
	static const struct json_doc nothing = { 0 };
	const struct state_text *text = &blame->state.text;
	struct listing_properties l = { .blame = blame, .names = names };
	l.found = xcalloc(names->count + 1, sizeof(*l.found));
	diff_states(&nothing, JSON_ABSENT, &text->doc, text->at, list_property, &l);
	for (size_t i = 0; i < names->count; i++)
		if (!l.found[i])
			text_list_add(&blame->missing, names->items[i]);
	if (blame->missing.count > 0 && l.paths.count > 0) {
		const char *nearest =
			text_nearest(blame->missing.items[0], (const char *const *)l.paths.items);
		blame->nearest = nearest ? xstrdup(nearest) : NULL;
	}
	text_list_clear(&l.paths);
	free(l.found);
}

static void open_entries(struct walk *w)
{
	struct blame *blame = w->blame;
	w->open = xcalloc(blame->count + 1, sizeof(*w->open));
	for (size_t i = 0; i < blame->count; i++)
		w->open[i] = &blame->entries[i];
	w->open_count = w->left = blame->count;
	if (blame->count > 0)
		qsort(w->open, w->open_count, sizeof(*w->open), by_path);
}

static bool make(sqlite3 *database, const struct blame_request *request, struct blame *blame,
	struct error *err)
{
	struct walk w = { .database = database, .blame = blame };
	if (!state_at(database, request->entity, request->at_ms, &blame->texts, &blame->state, err))
		return false;
	list_properties(blame, request->names);
	open_entries(&w);
	if (request->removed && blame->count == 0 && blame->missing.count > 0)
		w.removed = blame->missing.items[0];
	bool ok = is_done(&w) || walk_back(&w, request->entity, request->at_ms, err);
	if (ok)
		finish(&w);
	free(w.open);
	states_release(&w.states);
	return ok;
}

/* In one snapshot: a change that is recorded meanwhile must not explain a state that was read
 * before. */
bool blame_make(sqlite3 *database, const struct blame_request *request, struct blame *blame,
	struct error *err)
{
	if (!sqlite3_get_autocommit(database))
		return make(database, request, blame, err);
	if (sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return statement_failed(database, err);
	bool ok = make(database, request, blame, err);
	sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	return ok;
}

void blame_release(struct blame *blame)
{
	state_release(&blame->state);
	free(blame->entries);
	free(blame->nearest);
	text_list_clear(&blame->missing);
	arena_free(&blame->texts);
}

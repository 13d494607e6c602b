#include "query/keys.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "query/choose.h"
#include "query/search.h"

enum {
	FIRST_PAGE = 64, /* few, so that the first rows come at once */
	SORTED_PAGE = 4096,
	LARGEST_PAGE = 16384, /* what a listing takes of memory, however long it is */
};

enum {
	STEPS = 1000,       /* of SQLite's machine, between two looks at the budget */
	STEPS_PER_ROW = 40, /* what finding and sorting a row takes, or a bit more */
	STEPS_OF_WINDOWS = 1000000,
	WINDOWS_GROW = 16,
	WINDOW_MOST = 4096, /* segments, or so many times PLAN_WINDOW_QUARTERS */
	HITS_MOST = 1000000,
};

static const struct view *view_of(const struct view *view, size_t kind)
{
	if (view->mixed)
		return view->mixed[kind];
	return kind == 0 ? view : NULL;
}

static bool open_part(struct keys *keys, const struct plan_request *request, struct error *err)
{
	if (!plan_make(keys->database, request, &keys->plans[keys->plan_count], err))
		return false;
	keys->plan_count++;
	return true;
}

/* Where all that an index finds must be sorted before the first row is known, few cost as much as
 * many; but for phrases each one is read. */
static int64_t first_page(const struct keys *keys)
{
	bool few = true;
	for (size_t i = 0; i < keys->plan_count; i++) {
		const struct plan *plan = &keys->plans[i];
		few = few &&
		      (plan->sorted || plan->windowed == PLAN_SEGMENTS || plan->search.phrases);
	}
	return few ? FIRST_PAGE : SORTED_PAGE;
}

/* How long may be walked, or looked into windows, before it is done in another way. What --search
 * asks for is looked at as soon as one way does not see to it. */
static void set_up(struct keys *keys)
{
	bool segments = false;
	keys->budget = keys->steps = 0;
	keys->windowed = false;
	for (size_t i = 0; i < keys->plan_count; i++) {
		const struct plan *plan = &keys->plans[i];
		if (plan->windowed == PLAN_QUARTERS)
			keys->budget += STEPS_OF_WINDOWS;
		segments = segments || plan->windowed == PLAN_SEGMENTS;
		if (plan->fallback)
			keys->budget += STEPS + STEPS_PER_ROW * plan->fallback_count;
		keys->windowed = keys->windowed || plan->windowed;
		keys->searches = keys->searches || plan_must_search(plan);
	}
	/* A window never falls back, and its steps are not those of the view beside it. */
	if (segments && keys->budget > 0)
		keys->budget += STEPS_OF_WINDOWS;
}

bool keys_open(struct keys *keys, sqlite3 *database, const struct query_settings *settings,
	struct error *err)
{
	bool feed = settings->feed || settings->after.given || settings->before.given;
	bool ascending = feed != settings->reverse;
	keys->database = database;
	keys->limit = settings->limit;
	struct plan_request request = {
		.asked = settings->view,
		.filter = settings->filter,
		.after = settings->after,
		.before = settings->before,
		.limit = settings->limit,
		.by_seq = feed,
	};
	/* Which rows a limit lets through does not depend on the way they are turned. */
	bool from_end = feed ? settings->before.given && !settings->after.given : true;
	keys->tail = settings->limit >= 0 && from_end == ascending;
	keys->descending = keys->tail ? ascending : !ascending;
	request.newest_first = keys->descending && !feed;
	for (size_t i = 0; (request.view = view_of(settings->view, i)); i++)
		if (!open_part(keys, &request, err))
			return false;
	keys->page = first_page(keys);
	keys->floor_ms = keys->plans[0].until.given ? keys->plans[0].until.ms - 1 : INT64_MAX;
	set_up(keys);
	return true;
}

void keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->plan_count; i++) {
		plan_release(&keys->plans[i]);
		sqlite3_finalize(keys->messages[i]);
	}
	free(keys->found);
	*keys = (struct keys){ 0 };
}

static void add_found(struct keys *keys, const struct found *found)
{
	if (keys->found_count == keys->found_capacity) {
		keys->found_capacity = keys->found_capacity ? 2 * keys->found_capacity : FIRST_PAGE;
		keys->found =
			xreallocarray(keys->found, keys->found_capacity, sizeof(*keys->found));
	}
	keys->found[keys->found_count++] = *found;
}

/* Whether the message, or one of those that the row is made of, has the texts. */
static bool message_fits(struct keys *keys, const struct found *found,
	const struct text_list *texts, uint64_t hits, bool *ret_fits, struct error *err)
{
	const char *sql = keys->plans[found->key.kind].view->messages;
	sqlite3_stmt **prepared = &keys->messages[found->key.kind], *messages;
	bool row = true, ok = true, fits = false;
	if (!*prepared && !statement_prepare_text(keys->database, sql, prepared, err))
		return false;
	messages = *prepared;
	sqlite3_bind_int64(messages, 1, found->key.seq);
	if (sqlite3_bind_parameter_count(messages) > 1)
		sqlite3_bind_int64(messages, 2, found->key.part);
	while (ok && row && !fits) {
		ok = statement_step(messages, &row, err);
		if (ok && row)
			fits = search_fits(texts, hits, statement_span(messages, 0));
	}
	sqlite3_reset(messages);
	*ret_fits = fits;
	return ok;
}

/* The words are there; phrases are looked for in the message itself. */
static bool has_texts(struct keys *keys, const struct found *found,
	const struct plan_search *search, uint64_t hits, bool *ret_has, struct error *err)
{
	*ret_has = hits != 0;
	return hits == 0 || !search->phrases ||
	       message_fits(keys, found, search->texts, hits, ret_has, err);
}

static bool is_found(struct keys *keys, const struct found *found, bool *ret_is, struct error *err)
{
	const struct plan *plan = &keys->plans[found->key.kind];
	bool wanted = true, unwanted = false;
	if (plan->search.texts && !has_texts(keys, found, &plan->search, found->hits, &wanted, err))
		return false;
	if (wanted && plan->not_search.texts &&
		!has_texts(keys, found, &plan->not_search, found->not_hits, &unwanted, err))
		return false;
	*ret_is = wanted && !unwanted;
	return true;
}

/* Leaves only the keys whose messages have what is searched for. */
static bool search_page(struct keys *keys, struct error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < keys->plan_count; i++)
		if (!hits_mark(keys->database, &keys->plans[i], (int)i, keys->found,
			    keys->found_count, err))
			return false;
	for (size_t i = 0; i < keys->found_count; i++) {
		bool is;
		if (!is_found(keys, &keys->found[i], &is, err))
			return false;
		if (is)
			keys->found[kept++] = keys->found[i];
	}
	keys->found_count = kept;
	return true;
}

static bool read_page(struct keys *keys, sqlite3_stmt *rows, int64_t limit, struct error *err)
{
	int64_t count = 0;
	bool row = true;
	while (statement_step(rows, &row, err)) {
		struct found found = { 0 };
		if (!row) {
			keys->exhausted = count < limit;
			return true;
		}
		found.key = plan_key(rows);
		keys->last = found.key;
		keys->begun = true;
		count++;
		add_found(keys, &found);
	}
	return false;
}

static int look_at_budget(void *data)
{
	struct keys *keys = data;
	keys->steps += STEPS;
	keys->spent = keys->steps > keys->budget;
	return keys->spent;
}

/* A walk meets the first rows soon where they are spread evenly. Where they are not, it ends in the
 * midst of a page, and what is behind the last key is found in another way. */
static bool read_in_budget(struct keys *keys, sqlite3_stmt *rows, int64_t limit, struct error *err)
{
	if (!keys->budget)
		return read_page(keys, rows, limit, err);
	sqlite3_progress_handler(keys->database, STEPS, look_at_budget, keys);
	bool ok = read_page(keys, rows, limit, err);
	sqlite3_progress_handler(keys->database, 0, NULL, NULL);
	if (!keys->spent)
		return ok;
	if (!ok && err->kind != ERROR_INTERRUPTED)
		return false;
	*err = (struct error){ 0 };
	for (size_t i = 0; i < keys->plan_count; i++)
		if (!choose_again(keys->database, &keys->plans[i], err))
			return false;
	set_up(keys);
	return true;
}

/* As large as it must be if the next page lies as close as the last window's rows, and a bit more.
 */
static size_t next_size(const struct keys *keys, size_t limit)
{
	size_t most = keys->windows_seen * WINDOWS_GROW;
	if (keys->windows_seen == 0)
		return 1;
	if (most > WINDOW_MOST)
		most = WINDOW_MOST;
	if (keys->window_rows == 0)
		return most;
	size_t size = limit * keys->window_size / keys->window_rows;
	size += size / 4 + 1;
	return size < most ? size : most;
}

/* The window that the next page is kept to; without one, nothing is left out. */
static bool next_window(
	struct keys *keys, struct plan_page *page, struct window *window, struct error *err)
{
	for (size_t i = 0; keys->windowed && i < keys->plan_count; i++) {
		struct plan *plan = &keys->plans[i];
		if (!plan->windowed)
			continue;
		size_t limit = (size_t)page->limit, size = next_size(keys, limit);
		size_t wanted = limit * (keys->hits_per_row ? keys->hits_per_row : 1);
		if (!plan_window(keys->database, plan, keys->floor_ms,
			    wanted < HITS_MOST ? wanted : HITS_MOST, &size, window, err))
			return false;
		page->window = window;
		page->least_ms = window->least_ms;
		page->newest_ms = keys->floor_ms;
		keys->windows_seen += size;
		keys->window_size = size;
		keys->window_rows = plan->hits;
	}
	return true;
}

/* Where the page was not full, the window has been looked through, but there are others. Of what
 * indexes found in it, other filters may have left out some. */
static void leave_window(struct keys *keys, const struct plan_page *page)
{
	if (!page->window || keys->spent)
		return;
	size_t hits = keys->window_rows, rows = keys->found_count;
	if (keys->exhausted && hits > 0)
		keys->hits_per_row = rows ? hits / rows + 1 : HITS_MOST;
	if (keys->exhausted || hits == 0)
		keys->window_rows = rows;
	if (!keys->exhausted) {
		keys->floor_ms = keys->last.time_ms;
	} else if (page->least_ms > INT64_MIN) {
		keys->floor_ms = page->least_ms - 1;
		keys->exhausted = false;
	}
}

static bool read_page_of(struct keys *keys, const struct plan_page *page, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows = NULL;
	if (!plan_keys(keys->plans, keys->plan_count, page, &sql)) {
		keys->exhausted = true;
		return true;
	}
	keys->spent = false;
	bool ok = statement_prepare(keys->database, &sql, &rows, err) &&
		  read_in_budget(keys, rows, page->limit, err);
	sqlite3_finalize(rows);
	sql_text_release(&sql);
	return ok;
}

/* The next keys, behind the last page's. */
static bool next_page(struct keys *keys, struct error *err)
{
	struct window window = { 0 };
	struct plan_page page = {
		.descending = keys->descending,
		.limit = keys->page,
		.least_ms = INT64_MIN,
		.newest_ms = INT64_MAX,
	};
	int64_t left = keys->limit - keys->taken;
	keys->found_count = keys->found_at = 0;
	if (keys->limit >= 0 && page.limit > left && !keys->searches)
		page.limit = left > 0 ? left : 1;
	struct key from = keys->last;
	page.from = keys->begun ? &from : NULL;
	bool ok = next_window(keys, &page, &window, err) && read_page_of(keys, &page, err);
	if (ok)
		leave_window(keys, &page);
	ok = ok && (!keys->searches || search_page(keys, err));
	window_release(&window);
	if (keys->page < LARGEST_PAGE)
		keys->page *= 4;
	return ok;
}

static void turn(struct keys *keys)
{
	for (size_t i = 0, j = keys->found_count; i + 1 < j; i++) {
		struct found swap = keys->found[i];
		keys->found[i] = keys->found[--j];
		keys->found[j] = swap;
	}
}

/* No key behind so many is wanted, whatever it is. */
static bool is_full(const struct keys *keys, int64_t taken)
{
	return keys->limit >= 0 && taken >= keys->limit && !keys->plans[0].by_seq;
}

/* Whether the next key is within the limit. A feed's page never ends inside a record. */
static bool is_wanted(
	const struct keys *keys, int64_t taken, const struct key *last, const struct key *next)
{
	return keys->limit < 0 || taken < keys->limit ||
	       (keys->plans[0].by_seq && taken > 0 && next->seq == last->seq);
}

/* All keys of a tail, then turned round: it is limited, and so is what they take. */
static bool read_tail(struct keys *keys, struct error *err)
{
	struct found *all = NULL;
	size_t count = 0;
	bool ok = true, wanted = true;
	while (ok && wanted && !keys->exhausted && !is_full(keys, (int64_t)count)) {
		ok = next_page(keys, err);
		all = xreallocarray(all, count + keys->found_count + 1, sizeof(*all));
		for (size_t i = 0; ok && wanted && i < keys->found_count; i++) {
			const struct key *last = count ? &all[count - 1].key : NULL;
			wanted = is_wanted(keys, (int64_t)count, last, &keys->found[i].key);
			if (wanted)
				all[count++] = keys->found[i];
		}
	}
	free(keys->found);
	keys->found = all;
	keys->found_count = keys->found_capacity = count;
	keys->found_at = 0;
	keys->exhausted = true;
	turn(keys);
	return ok;
}

bool keys_is_ready(const struct keys *keys)
{
	return keys->found_at < keys->found_count;
}

bool keys_next(struct keys *keys, const struct key **ret_key, struct error *err)
{
	*ret_key = NULL;
	if (keys->limit == 0 || (!keys->tail && is_full(keys, keys->taken)))
		return true;
	/* Whoever asks again behind the end of a feed wants what has come since. */
	if (keys->ended && !keys->tail && !keys->descending)
		keys->exhausted = keys->ended = false;
	while (!keys_is_ready(keys)) {
		keys->ended = keys->exhausted;
		if (keys->ended)
			return true;
		if (!(keys->tail ? read_tail(keys, err) : next_page(keys, err)))
			return false;
	}
	const struct key *next = &keys->found[keys->found_at].key;
	if (!keys->tail && !is_wanted(keys, keys->taken, &keys->taken_key, next))
		return true;
	keys->found_at++;
	keys->taken++;
	keys->taken_key = *next;
	*ret_key = next;
	return true;
}

/* Page by page: what is searched for, or what indexes know, is no part of the SQL. */
static bool count_found(struct keys *keys, int64_t *ret_count, struct error *err)
{
	int64_t count = 0;
	keys->page = LARGEST_PAGE;
	while (!keys->exhausted && (keys->limit < 0 || count < keys->limit)) {
		if (!next_page(keys, err))
			return false;
		count += (int64_t)keys->found_count;
	}
	*ret_count = count;
	return true;
}

/* A limit that does not end inside a record lets through how many it does. */
static bool count_feed(struct keys *keys, int64_t *ret_count, struct error *err)
{
	const struct key *key;
	int64_t count = 0;
	for (;; count++) {
		if (!keys_next(keys, &key, err))
			return false;
		if (!key)
			break;
	}
	*ret_count = count;
	return true;
}

static bool count_rows(struct keys *keys, int64_t *ret_count, struct error *err)
{
	int64_t sum = 0;
	for (size_t i = 0; i < keys->plan_count; i++) {
		struct sql_text sql = { 0 };
		int64_t count = 0;
		if (keys->plans[i].empty)
			continue;
		plan_count(&keys->plans[i], &sql);
		bool ok = statement_integer(keys->database, &sql, &count, err);
		sql_text_release(&sql);
		if (!ok)
			return false;
		sum += count;
	}
	*ret_count = sum;
	return true;
}

bool keys_count(struct keys *keys, int64_t *ret_count, struct error *err)
{
	int64_t count;
	bool by_pages = false;
	if (keys->plans[0].by_seq && keys->limit >= 0)
		return count_feed(keys, ret_count, err);
	for (size_t i = 0; i < keys->plan_count; i++) {
		struct plan *plan = &keys->plans[i];
		if (!choose_to_count(keys->database, plan, err))
			return false;
		plan_to_count(plan);
		by_pages = by_pages || plan_must_search(plan) || plan->windowed == PLAN_SEGMENTS;
	}
	set_up(keys);
	if (!(by_pages ? count_found(keys, &count, err) : count_rows(keys, &count, err)))
		return false;
	*ret_count = keys->limit >= 0 && count > keys->limit ? keys->limit : count;
	return true;
}

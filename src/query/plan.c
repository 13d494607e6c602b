#include "query/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "event/decode.h"
#include "query/choose.h"
#include "query/condition.h"
#include "query/quarters.h"
#include "query/search.h"
#include "query/within.h"

/* So many words are still one expression of full text. */
enum { FACETS_MOST = 100 };

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		condition_release(&plan->conditions[i]);
	free(plan->conditions);
	text_list_clear(&plan->missing);
	windows_release(&plan->windows);
	window_release(&plan->quarters);
	ids_release(&plan->seqs);
	*plan = (struct plan){ 0 };
}

/* Which command has a field for what this one has none for. */
static bool no_field(const struct view *asked, enum filter_name name, struct error *err)
{
	struct buf commands = { 0 };
	for (size_t i = 0; views[i]; i++)
		if (view_filter(views[i], name))
			buf_addf(&commands, "%s'portlog %s'", commands.length ? " or " : "",
				views[i]->command);
	error_set(err, ERROR_USAGE, "'portlog %s' has no field for --%s; %s has", asked->command,
		filter_word(name), buf_text(&commands));
	buf_free(&commands);
	return false;
}

static bool add_search(struct plan *plan, struct condition *condition,
	const struct text_list *texts, struct error *err)
{
	const char *wordless;
	if (!search_expression(texts, &condition->words, &wordless))
		return error_set(err, ERROR_USAGE, "--search '%s' has no word in it", wordless);
	if (search_has_phrase(texts) && texts->count > SEARCH_TEXTS_MOST)
		return error_set(err, ERROR_USAGE, "--search with a phrase takes at most %d texts",
			SEARCH_TEXTS_MOST);
	*(condition->negative ? &plan->not_search : &plan->search) =
		(struct plan_search){ texts, search_has_phrase(texts) };
	condition->searches = !condition->negative;
	return true;
}

/* False while the projections are those of another decoder, whose words are not the same. */
static bool has_facets(sqlite3 *database, bool *ret_has, struct error *err)
{
	struct sql_text sql = { 0 };
	int64_t count;
	char *fingerprint = xasprintf("decoder %d,*", DECODER_VERSION);
	sql_add(&sql, "SELECT count(*) FROM store WHERE fingerprint GLOB ");
	sql_bind_text(&sql, span_of(fingerprint));
	bool ok = statement_integer(database, &sql, &count, err);
	*ret_has = ok && count > 0;
	free(fingerprint);
	sql_text_release(&sql);
	return ok;
}

static bool add_facets(sqlite3 *database, struct condition *condition, struct error *err)
{
	const struct ids *ids = &condition->ids;
	enum facet facet = condition->filter->facet;
	bool has;
	if (facet == FACET_NONE || ids->count == 0 || ids->count > FACETS_MOST)
		return true;
	return has_facets(database, &has, err) &&
	       (!has || resolve_facets(database, facet, ids, &condition->words, err));
}

static struct condition *new_condition(
	struct plan *plan, const struct view_filter *filter, bool negative)
{
	plan->conditions =
		xreallocarray(plan->conditions, plan->count + 1, sizeof(*plan->conditions));
	struct condition *condition = &plan->conditions[plan->count++];
	*condition = (struct condition){ .filter = filter, .negative = negative };
	return condition;
}

/* A status may be asked for by Port's own word: FAILED, TRIGGERED. Not every FAILURE was DECLINED.
 */
static void own_words(const struct text_list *values, struct text_list *words)
{
	for (size_t i = 0; i < values->count; i++) {
		struct span word = run_status_word(span_of(values->items[i]));
		bool narrower = strcmp(values->items[i], "DECLINED") == 0;
		text_list_add(words, word.data && !narrower ? word.data : values->items[i]);
	}
}

static bool add_condition(sqlite3 *database, struct plan *plan, enum filter_name name,
	const struct text_list *values, bool negative, struct error *err)
{
	const struct view_filter *filter = view_filter(plan->view, name);
	if (values->count == 0)
		return true;
	/* Rows of another kind than those that are mixed with them. */
	if (!filter && name == FILTER_KIND && plan->asked->mixed) {
		plan->empty = plan->empty || !negative;
		return true;
	}
	if (!filter)
		return no_field(plan->asked, name, err);
	struct condition *condition = new_condition(plan, filter, negative);
	if (filter->kind == NAME_WORDS)
		return add_search(plan, condition, values, err);
	struct text_list missing = { 0 }, words = { 0 };
	if (name == FILTER_STATUS && filter->kind == NAME_TEXT)
		own_words(values, &words);
	bool ok = resolve(database, filter->kind, words.count ? &words : values, &condition->ids,
		&missing, err);
	text_list_clear(&words);
	for (size_t i = 0; ok && !negative && i < missing.count; i++) {
		text_list_add(&plan->missing, filter_word(name));
		text_list_add(&plan->missing, missing.items[i]);
	}
	text_list_clear(&missing);
	if (ok && !negative && condition->ids.count == 0)
		plan->empty = true;
	return ok && (negative || add_facets(database, condition, err));
}

void plan_add_time_range(const struct plan *plan, const char *plus, struct sql_text *sql)
{
	if (plan->since.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->view->time);
		sql_add(sql, " >= ");
		sql_bind_int(sql, plan->since.ms);
	}
	if (plan->until.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->view->time);
		sql_add(sql, " < ");
		sql_bind_int(sql, plan->until.ms);
	}
}

void plan_add_seq_range(const struct plan *plan, const char *plus, struct sql_text *sql)
{
	if (plan->after.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->seq_key);
		sql_add(sql, " > ");
		sql_bind_int(sql, plan->after.value);
	}
	if (plan->before.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->seq_key);
		sql_add(sql, " < ");
		sql_bind_int(sql, plan->before.value);
	}
}

void plan_to_count(struct plan *plan)
{
	if (plan->driver || plan->windowed == PLAN_SEGMENTS)
		return;
	for (size_t i = 0; i < plan->count; i++)
		if (condition_can_drive(&plan->conditions[i]) && plan->conditions[i].searches)
			plan->driver = &plan->conditions[i];
}

bool plan_must_search(const struct plan *plan)
{
	bool drives = plan->windowed == PLAN_SEGMENTS || (plan->driver && plan->driver->searches);
	return (plan->search.texts && (plan->search.phrases || !drives)) || plan->not_search.texts;
}

/* All that full text knows of the conditions in one expression: it finds what has all of them in
 * less time than it takes to look at what has one. */
static void add_together(struct plan *plan)
{
	struct buf words = { 0 };
	bool searches = false;
	for (size_t i = 0; i < plan->count; i++) {
		const struct condition *c = &plan->conditions[i];
		if (c->negative || c->words.length == 0)
			continue;
		buf_add_text(&words, words.length > 0 ? " AND (" : "(");
		buf_add_span(&words, buf_span(&c->words));
		buf_add_char(&words, ')');
		searches = searches || c->searches;
	}
	if (words.length > 0) {
		struct condition *together = new_condition(plan, plan->view->together, false);
		together->words = words;
		together->searches = searches;
	}
}

/* Records have no index of their times, but they come nearly in their order. feed: others will
 * come, whatever their times. */
static bool keep_to_times(sqlite3 *database, struct plan *plan, bool feed, struct error *err)
{
	struct seq_range range;
	int64_t since = plan->since.given ? plan->since.ms : INT64_MIN;
	int64_t until = plan->until.given ? plan->until.ms : INT64_MAX;
	if (plan->view->time_key || (!plan->since.given && !plan->until.given))
		return true;
	if (!windows_of_records(database, since, until, &range, &plan->scattered, err))
		return false;
	bool none = range.last < range.first;
	if (!none && (!plan->after.given || plan->after.value < range.first - 1))
		plan->after = (struct option_number){ true, range.first - 1 };
	if (!none && !feed && (!plan->before.given || plan->before.value > range.last + 1))
		plan->before = (struct option_number){ true, range.last + 1 };
	plan->empty = plan->empty || (none && !feed);
	return true;
}

bool plan_make(
	sqlite3 *database, const struct plan_request *request, struct plan *plan, struct error *err)
{
	*plan = (struct plan){
		.view = request->view,
		.asked = request->asked,
		.by_seq = request->by_seq || !request->view->time_key,
		.seq_key = request->by_seq && request->view->feed_key ? request->view->feed_key
								      : request->view->seq_key,
		.since = request->filter->since,
		.until = request->filter->until,
		.after = request->after,
		.before = request->before,
		.limit = request->limit,
		.all = request->filter->all || request->filter->kind.any_of.count > 0,
	};
	for (enum filter_name name = FILTER_NONE + 1; name < FILTER_COUNT; name++) {
		const struct text_match *match = filter_values(request->filter, name);
		if (!add_condition(database, plan, name, &match->any_of, false, err) ||
			!add_condition(database, plan, name, &match->none_of, true, err)) {
			plan_release(plan);
			return false;
		}
	}
	if (plan->view->together)
		add_together(plan);
	if (!keep_to_times(database, plan, request->by_seq, err) ||
		(!plan->empty && !choose_driver(database, plan, request->newest_first, err))) {
		plan_release(plan);
		return false;
	}
	return true;
}

/* The columns of the order, with a '+' where no index may be used for it. */
static size_t order_columns(const struct plan *plan, const char *columns[3])
{
	size_t count = 0;
	if (!plan->by_seq)
		columns[count++] = plan->view->time_key;
	columns[count++] = plan->seq_key;
	if (plan->view->part_key)
		columns[count++] = plan->view->part_key;
	return count;
}

/* What comes behind the key in the order of time, seq, kind, part. Of other kinds at the same seq,
 * all parts do, or none. */
static void add_behind(const struct plan *plan, int kind, bool descending, const struct key *from,
	struct sql_text *sql)
{
	const char *columns[3];
	size_t count = order_columns(plan, columns);
	bool part = plan->view->part_key && kind == from->kind;
	bool whole = kind != from->kind && (kind < from->kind) == descending;
	if (plan->view->part_key && !part)
		count--;
	sql_add(sql, " AND (");
	for (size_t i = 0; i < count; i++) {
		sql_add(sql, i == 0 ? (plan->sorted ? "" : "+") : ", ");
		sql_add(sql, columns[i]);
	}
	sql_add(sql, descending ? ") <" : ") >");
	sql_add(sql, whole ? "= (" : " (");
	if (!plan->by_seq) {
		sql_bind_int(sql, from->time_ms);
		sql_add(sql, ", ");
	}
	sql_bind_int(sql, from->seq);
	if (part) {
		sql_add(sql, ", ");
		sql_bind_int(sql, from->part);
	}
	sql_add(sql, ")");
}

bool plan_window(sqlite3 *database, struct plan *plan, int64_t newest_ms, size_t wanted,
	size_t *size, struct window *ret_window, struct error *err)
{
	if (plan->windowed == PLAN_SEGMENTS) {
		if (!within_find(database, plan, newest_ms, wanted, size, ret_window, err))
			return false;
	} else if (plan->quarters.ranges) {
		*ret_window = plan->quarters;
		plan->quarters = (struct window){ 0 };
	} else if (!quarters_find(database, plan, newest_ms, *size * PLAN_WINDOW_QUARTERS,
			   ret_window, err)) {
		return false;
	}
	if (plan->since.given && ret_window->least_ms <= plan->since.ms)
		ret_window->least_ms = INT64_MIN;
	return true;
}

static void add_times(const char *template, const struct window *window, struct sql_text *sql)
{
	const char *at = strchr(template, '@');
	struct buf list = { 0 };
	for (size_t i = 0; i < window->count; i++)
		buf_addf(&list, "%c[%lld,%lld]", i == 0 ? '[' : ',',
			(long long)window->ranges[i].first, (long long)window->ranges[i].last);
	buf_add_text(&list, window->count ? "]" : "[]");
	sql_add(sql, " AND ");
	buf_add(&sql->text, template, (size_t)(at - template));
	sql_bind_text(sql, buf_span(&list));
	sql_add(sql, at + 1);
	buf_free(&list);
}

/* A few records, portlog's own, say, may lie far from the others of their time. */
static void add_segments(const struct plan *plan, struct sql_text *sql)
{
	sql_add(sql, " AND ");
	sql_add(sql, plan->view->in_segments);
	sql_add(sql, " WHERE s.last_ms >= ");
	sql_bind_int(sql, plan->since.given ? plan->since.ms : INT64_MIN);
	sql_add(sql, " AND s.first_ms < ");
	sql_bind_int(sql, plan->until.given ? plan->until.ms : INT64_MAX);
	plan_add_time_range(plan, "+", sql);
	sql_add(sql, ")");
}

/* window: NULL, or what a windowed plan is kept to. */
static void add_where(const struct plan *plan, const struct window *window, struct sql_text *sql)
{
	const char *plus = plan->sorted ? "" : "+";
	sql_add(sql, " WHERE 1");
	if (plan->driver) {
		sql_add(sql, " AND ");
		condition_add_drive(plan->driver, sql);
	}
	if (plan->windowed == PLAN_SEGMENTS && !plan->sorted) {
		sql_add(sql, " AND ");
		condition_add_seqs(plan->view, &plan->seqs, sql);
	}
	if (plan->windowed == PLAN_QUARTERS && window)
		add_times(plan->view->in_times, window, sql);
	if (plan->scattered)
		add_segments(plan, sql);
	/* An index finds what is wanted, words of full text maybe more. */
	for (size_t i = 0; i < plan->count; i++) {
		const struct condition *condition = &plan->conditions[i];
		if ((condition != plan->driver || condition->filter->facet != FACET_NONE) &&
			condition->filter->kind != NAME_WORDS)
			condition_add_test(condition, sql);
	}
	if (plan->view->shown && !plan->all) {
		sql_add(sql, " AND ");
		sql_add(sql, plan->view->shown);
	}
	plan_add_time_range(plan, plan->by_seq ? "+" : plus, sql);
	plan_add_seq_range(plan, plan->by_seq ? plus : "+", sql);
}

static void add_keys(
	const struct plan *plan, int kind, const struct plan_page *page, struct sql_text *sql)
{
	const struct view *view = plan->view;
	const char *columns[3];
	size_t count = order_columns(plan, columns);
	buf_addf(&sql->text, "SELECT %s, %s, %d, %s", view->time_key ? view->time_key : "0",
		plan->seq_key, kind, view->part_key ? view->part_key : "0");
	sql_add(sql, " FROM ");
	sql_add(sql, view->table);
	add_where(plan, page->window, sql);
	if (page->least_ms > INT64_MIN) {
		buf_addf(&sql->text, " AND %s%s >= ", plan->sorted ? "" : "+", view->time_key);
		sql_bind_int(sql, page->least_ms);
	}
	if (page->newest_ms < INT64_MAX) {
		buf_addf(&sql->text, " AND %s%s <= ", plan->sorted ? "" : "+", view->time_key);
		sql_bind_int(sql, page->newest_ms);
	}
	if (page->from)
		add_behind(plan, kind, page->descending, page->from, sql);
	for (size_t i = 0; i < count; i++) {
		sql_add(sql, i == 0 ? " ORDER BY " : ", ");
		sql_add(sql, plan->sorted ? "" : "+");
		sql_add(sql, columns[i]);
		sql_add(sql, page->descending ? " DESC" : " ASC");
	}
	sql_add(sql, " LIMIT ");
	sql_bind_int(sql, page->limit);
}

bool plan_keys(
	const struct plan *plans, size_t count, const struct plan_page *page, struct sql_text *sql)
{
	const char *way = page->descending ? " DESC" : " ASC";
	size_t some = 0;
	for (size_t i = 0; i < count; i++) {
		bool none = plans[i].windowed == PLAN_SEGMENTS && !plans[i].sorted &&
			    plans[i].seqs.count == 0;
		if (plans[i].empty || none)
			continue;
		sql_add(sql, some ? " UNION ALL " : "");
		sql_add(sql, count > 1 ? "SELECT * FROM (" : "");
		add_keys(&plans[i], (int)i, page, sql);
		sql_add(sql, count > 1 ? ")" : "");
		some++;
	}
	if (some > 1) {
		/* Columns by number: time, unless the order is by seq, then seq, kind, part. */
		sql_add(sql, " ORDER BY ");
		for (int column = plans[0].by_seq ? 2 : 1; column <= 4; column++)
			buf_addf(&sql->text, "%d%s%s", column, way, column < 4 ? ", " : " LIMIT ");
		sql_bind_int(sql, page->limit);
	}
	return some > 0;
}

struct key plan_key(sqlite3_stmt *row)
{
	return (struct key){
		.time_ms = sqlite3_column_int64(row, PLAN_TIME),
		.seq = sqlite3_column_int64(row, PLAN_SEQ),
		.kind = sqlite3_column_int(row, PLAN_KIND),
		.part = sqlite3_column_int64(row, PLAN_PART),
	};
}

void plan_rows(const struct plan *plan, const char *columns, struct sql_text *sql)
{
	sql_add(sql, "SELECT ");
	sql_add(sql, columns);
	sql_add(sql, " FROM ");
	sql_add(sql, plan->view->table);
	add_where(plan, NULL, sql);
}

void plan_count(const struct plan *plan, struct sql_text *sql)
{
	plan_rows(plan, "count(*)", sql);
}

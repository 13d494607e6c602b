#include "query/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "query/search.h"

enum {
	SORT_AT_ONCE = 1000, /* so few rows of an index are found and sorted without much ado */
	SORT_SOON = 10000,   /* so few where other filters leave out nobody knows how many */
	DRIVER_MOST = 50000, /* an index that finds more is not used to find and sort them */
	LIMIT_MOST = 100000, /* who wants more than that wants all */
};
/* So many words are still one expression of full text. */
enum { FACETS_MOST = 100 };

struct condition {
	const struct view_filter *filter;
	bool negative;
	struct ids ids;
	struct buf words; /* for MATCH: NAME_WORDS, or the facets of the ids */
};

static void condition_release(struct condition *condition)
{
	ids_release(&condition->ids);
	buf_free(&condition->words);
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		condition_release(&plan->conditions[i]);
	free(plan->conditions);
	text_list_clear(&plan->missing);
	*plan = (struct plan){ 0 };
}

/* What '@' stands for. One id may be an index's next column, where a list ends the order. */
static void add_ids(const struct condition *condition, struct sql_text *sql)
{
	if (condition->ids.count == 1) {
		sql_add(sql, "= ");
		sql_bind_int(sql, condition->ids.items[0]);
	} else {
		struct buf list = { 0 };
		for (size_t i = 0; i < condition->ids.count; i++)
			buf_addf(&list, "%c%lld", i == 0 ? '[' : ',',
				(long long)condition->ids.items[i]);
		buf_add_text(&list, condition->ids.count ? "]" : "[]");
		sql_add(sql, "IN (SELECT value FROM json_each(");
		sql_bind_text(sql, buf_span(&list));
		sql_add(sql, "))");
		buf_free(&list);
	}
}

/* drives: the template finds rows, and is not a test of one. */
static void add_template(
	const char *template, bool drives, const struct condition *condition, struct sql_text *sql)
{
	const struct view_filter *filter = condition->filter;
	const char *at = strchr(template, '@');
	buf_add(&sql->text, template, (size_t)(at - template));
	if (filter->kind == NAME_WORDS || (drives && filter->facet))
		sql_bind_text(sql, buf_span(&condition->words));
	else
		add_ids(condition, sql);
	sql_add(sql, at + 1);
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
	return true;
}

static bool add_condition(sqlite3 *database, struct plan *plan, enum filter_name name,
	const struct text_list *values, bool negative, struct error *err)
{
	const struct view_filter *filter = view_filter(plan->view, name);
	if (values->count == 0)
		return true;
	if (!filter)
		return no_field(plan->asked, name, err);
	plan->conditions =
		xreallocarray(plan->conditions, plan->count + 1, sizeof(*plan->conditions));
	struct condition *condition = &plan->conditions[plan->count++];
	*condition = (struct condition){ .filter = filter, .negative = negative };
	if (filter->kind == NAME_WORDS)
		return add_search(plan, condition, values, err);
	struct text_list missing = { 0 };
	bool ok = resolve(database, filter->kind, values, &condition->ids, &missing, err);
	for (size_t i = 0; ok && !negative && i < missing.count; i++) {
		text_list_add(&plan->missing, filter_word(name));
		text_list_add(&plan->missing, missing.items[i]);
	}
	text_list_clear(&missing);
	if (ok && !negative && condition->ids.count == 0)
		plan->empty = true;
	if (ok && !negative && filter->facet && condition->ids.count <= FACETS_MOST)
		ok = resolve_facets(
			database, filter->facet, &condition->ids, &condition->words, err);
	return ok;
}

static void add_time_range(const struct plan *plan, const char *plus, struct sql_text *sql)
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

static void add_seq_range(const struct plan *plan, const char *plus, struct sql_text *sql)
{
	if (plan->after.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->view->seq_key);
		sql_add(sql, " > ");
		sql_bind_int(sql, plan->after.value);
	}
	if (plan->before.given) {
		sql_add(sql, " AND ");
		sql_add(sql, plus);
		sql_add(sql, plan->view->seq_key);
		sql_add(sql, " < ");
		sql_bind_int(sql, plan->before.value);
	}
}

/* How many rows the condition's index finds; stops at most. */
static bool count_driver(sqlite3 *database, const struct condition *condition, int64_t most,
	int64_t *ret_count, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM ");
	add_template(condition->filter->count, true, condition, &sql);
	sql_add(&sql, " LIMIT ");
	sql_bind_int(&sql, most);
	sql_add(&sql, ")");
	bool ok = statement_integer(database, &sql, ret_count, err);
	sql_text_release(&sql);
	return ok;
}

/* How many rows a walk would meet: those of the range of time or seq, where that is an index. */
static bool count_walk(
	sqlite3 *database, const struct plan *plan, int64_t *ret_count, struct error *err)
{
	struct sql_text sql = { 0 };
	if (!plan->by_seq && !plan->since.given) {
		*ret_count = DRIVER_MOST;
		return true;
	}
	sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM ");
	sql_add(&sql, plan->view->table);
	sql_add(&sql, " WHERE 1");
	if (plan->by_seq)
		add_seq_range(plan, "", &sql);
	else
		add_time_range(plan, "", &sql);
	sql_add(&sql, " LIMIT ");
	sql_bind_int(&sql, DRIVER_MOST);
	sql_add(&sql, ")");
	bool ok = statement_integer(database, &sql, ret_count, err);
	sql_text_release(&sql);
	return ok;
}

static bool count_records(sqlite3 *database, int64_t *ret_count, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT max(seq) FROM record");
	bool ok = statement_integer(database, &sql, ret_count, err);
	sql_text_release(&sql);
	return ok;
}

static bool can_drive(const struct condition *condition)
{
	return !condition->negative && condition->filter->drive &&
	       (!condition->filter->facet || condition->words.length > 0);
}

/* With one id such an index gives its rows in the order of time. */
static bool is_ordered(const struct plan *plan, const struct condition *condition)
{
	return !plan->by_seq && condition->filter->ordered && condition->ids.count == 1;
}

/* An index that gives its rows in order costs nothing that a walk would not cost, too. */
static void choose_ordered(struct plan *plan)
{
	for (size_t i = 0; !plan->driver && i < plan->count; i++)
		if (can_drive(&plan->conditions[i]) && is_ordered(plan, &plan->conditions[i]))
			plan->driver = &plan->conditions[i];
}

/* Finding and sorting n rows costs n steps; walking until `limit` rows of n among all are met costs
 * limit * all / n, if they are spread evenly and no other filter leaves some of them out. */
static bool is_worth_sorting(const struct plan *plan, int64_t count, int64_t limit, int64_t all)
{
	return limit < 0 || count < SORT_AT_ONCE || count * count <= limit * all ||
	       (plan->count > 1 && count < SORT_SOON);
}

/* Counting the rows of an index costs as much as walking by them: it ends where they are no longer
 * worth sorting, whatever their number. */
static int64_t count_at_most(int64_t limit, int64_t all)
{
	int64_t most = SORT_SOON;
	while (most < DRIVER_MOST && (limit < 0 || most * most <= limit * all))
		most += SORT_SOON;
	return most + 1 < DRIVER_MOST ? most + 1 : DRIVER_MOST;
}

static bool choose_driver(sqlite3 *database, struct plan *plan, int64_t limit, struct error *err)
{
	const struct condition *best = NULL;
	int64_t fewest, all, most;
	if (!count_walk(database, plan, &fewest, err) || !count_records(database, &all, err))
		return false;
	if (limit > LIMIT_MOST)
		limit = -1;
	most = count_at_most(limit, all);
	for (size_t i = 0; i < plan->count && fewest > 0; i++) {
		const struct condition *condition = &plan->conditions[i];
		int64_t count;
		if (!can_drive(condition))
			continue;
		if (!count_driver(database, condition, most, &count, err))
			return false;
		if (count < fewest) {
			fewest = count;
			best = condition;
		}
	}
	plan->sorted = !best || is_ordered(plan, best);
	if (best && (plan->sorted || is_worth_sorting(plan, fewest, limit, all))) {
		plan->driver = best;
	} else {
		plan->fallback = best;
		plan->fallback_count = fewest;
		plan->sorted = true;
		choose_ordered(plan);
	}
	return true;
}

bool plan_fall_back(sqlite3 *database, struct plan *plan, struct error *err)
{
	int64_t count;
	if (!plan->fallback)
		return true;
	if (!count_driver(database, plan->fallback, DRIVER_MOST, &count, err))
		return false;
	if (count < DRIVER_MOST) {
		plan->driver = plan->fallback;
		plan->sorted = false;
	}
	plan->fallback = NULL;
	return true;
}

void plan_to_count(struct plan *plan)
{
	for (size_t i = 0; !plan->driver && i < plan->count; i++)
		if (can_drive(&plan->conditions[i]) &&
			plan->conditions[i].filter->name == FILTER_SEARCH)
			plan->driver = &plan->conditions[i];
}

bool plan_must_search(const struct plan *plan)
{
	bool drives = plan->driver && plan->driver->filter->name == FILTER_SEARCH;
	return (plan->search.texts && (plan->search.phrases || !drives)) || plan->not_search.texts;
}

bool plan_make(
	sqlite3 *database, const struct plan_request *request, struct plan *plan, struct error *err)
{
	*plan = (struct plan){
		.view = request->view,
		.asked = request->asked,
		.by_seq = request->by_seq || !request->view->time_key,
		.since = request->filter->since,
		.until = request->filter->until,
		.after = request->after,
		.before = request->before,
	};
	for (enum filter_name name = FILTER_NONE + 1; name < FILTER_COUNT; name++) {
		const struct text_match *match = filter_values(request->filter, name);
		if (!add_condition(database, plan, name, &match->any_of, false, err) ||
			!add_condition(database, plan, name, &match->none_of, true, err)) {
			plan_release(plan);
			return false;
		}
	}
	if (!plan->empty && !choose_driver(database, plan, request->limit, err)) {
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
	columns[count++] = plan->view->seq_key;
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

static void add_where(const struct plan *plan, struct sql_text *sql)
{
	const char *plus = plan->sorted ? "" : "+";
	sql_add(sql, " WHERE 1");
	if (plan->driver) {
		sql_add(sql, " AND ");
		add_template(plan->driver->filter->drive, true, plan->driver, sql);
	}
	for (size_t i = 0; i < plan->count; i++) {
		const struct condition *condition = &plan->conditions[i];
		if ((condition == plan->driver && !condition->filter->facet) ||
			condition->filter->name == FILTER_SEARCH)
			continue;
		sql_add(sql, condition->negative ? " AND NOT (" : " AND (");
		add_template(condition->filter->test, false, condition, sql);
		sql_add(sql, ")");
	}
	add_time_range(plan, plan->by_seq ? "+" : plus, sql);
	add_seq_range(plan, plan->by_seq ? plus : "+", sql);
}

static void add_keys(
	const struct plan *plan, int kind, const struct plan_page *page, struct sql_text *sql)
{
	const struct view *view = plan->view;
	const char *columns[3];
	size_t count = order_columns(plan, columns);
	buf_addf(&sql->text, "SELECT %s, %s, %d, %s", view->time_key ? view->time_key : "0",
		view->seq_key, kind, view->part_key ? view->part_key : "0");
	sql_add(sql, " FROM ");
	sql_add(sql, view->table);
	add_where(plan, sql);
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
		if (plans[i].empty)
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
	add_where(plan, sql);
}

void plan_count(const struct plan *plan, struct sql_text *sql)
{
	plan_rows(plan, "count(*)", sql);
}

#include "query/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "query/search.h"

/* An index that finds more rows than this is not used to find and sort them. */
enum { DRIVER_MOST = 50000 };

struct condition {
	const struct view_filter *filter;
	bool negative;
	struct ids ids;
	struct buf words;                /* NAME_WORDS: for MATCH */
	const struct text_list *phrases; /* NAME_WORDS: the texts, where one has a phrase */
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
static void add_set(const struct condition *condition, struct sql_text *sql)
{
	if (condition->filter->kind == NAME_WORDS) {
		sql_bind_text(sql, buf_span(&condition->words));
	} else if (condition->ids.count == 1) {
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

static void add_template(
	const char *template, const struct condition *condition, struct sql_text *sql)
{
	const char *at = strchr(template, '@');
	buf_add(&sql->text, template, (size_t)(at - template));
	add_set(condition, sql);
	sql_add(sql, at + 1);
}

/* Which command has a field for what this one has none for. */
static bool no_field(const struct view *view, enum filter_name name, struct error *err)
{
	struct buf commands = { 0 };
	for (size_t i = 0; views[i]; i++)
		if (view_filter(views[i], name))
			buf_addf(&commands, "%s'portlog %s'", commands.length ? " or " : "",
				views[i]->command);
	error_set(err, ERROR_USAGE, "'portlog %s' has no field for --%s; %s has", view->command,
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
	if (search_has_phrase(texts)) {
		condition->phrases = texts;
		*(condition->negative ? &plan->not_phrases : &plan->phrases) = texts;
	}
	return true;
}

static bool add_condition(sqlite3 *database, struct plan *plan, enum filter_name name,
	const struct text_list *values, bool negative, struct error *err)
{
	const struct view_filter *filter = view_filter(plan->view, name);
	if (values->count == 0)
		return true;
	if (!filter)
		return no_field(plan->view, name, err);
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

/* How many rows the condition's index finds; stops at DRIVER_MOST. */
static bool count_driver(
	sqlite3 *database, const struct condition *condition, int64_t *ret_count, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM ");
	add_template(condition->filter->count, condition, &sql);
	sql_add(&sql, " LIMIT ");
	sql_bind_int(&sql, DRIVER_MOST);
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
	return !condition->negative && condition->filter->drive;
}

/* An index that gives its rows in order costs nothing that a walk would not cost, too. */
static void choose_ordered(struct plan *plan)
{
	for (size_t i = 0; !plan->by_seq && !plan->driver && i < plan->count; i++)
		if (can_drive(&plan->conditions[i]) && plan->conditions[i].filter->ordered &&
			plan->conditions[i].ids.count == 1)
			plan->driver = &plan->conditions[i];
}

/* Finding and sorting n rows costs n steps; walking until `limit` rows of n among all are met costs
 * limit * all / n. */
static bool choose_driver(sqlite3 *database, struct plan *plan, int64_t limit, struct error *err)
{
	const struct condition *best = NULL;
	int64_t fewest, all;
	if (!count_walk(database, plan, &fewest, err) || !count_records(database, &all, err))
		return false;
	for (size_t i = 0; i < plan->count && fewest > 0; i++) {
		const struct condition *condition = &plan->conditions[i];
		int64_t count;
		if (!can_drive(condition))
			continue;
		if (!count_driver(database, condition, &count, err))
			return false;
		if (count < fewest) {
			fewest = count;
			best = condition;
		}
	}
	if (best && (limit < 0 || fewest * fewest <= limit * all || fewest < 1000))
		plan->driver = best;
	plan->sorted = !plan->driver;
	if (!plan->driver) {
		choose_ordered(plan);
		plan->sorted = true;
	}
	return true;
}

bool plan_make(
	sqlite3 *database, const struct plan_request *request, struct plan *plan, struct error *err)
{
	*plan = (struct plan){
		.view = request->view,
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

static void add_behind(
	const struct plan *plan, bool descending, const struct key *from, struct sql_text *sql)
{
	const char *columns[3];
	size_t count = order_columns(plan, columns);
	sql_add(sql, " AND (");
	for (size_t i = 0; i < count; i++) {
		sql_add(sql, i == 0 ? (plan->sorted ? "" : "+") : ", ");
		sql_add(sql, columns[i]);
	}
	sql_add(sql, descending ? ") < (" : ") > (");
	if (!plan->by_seq) {
		sql_bind_int(sql, from->time_ms);
		sql_add(sql, ", ");
	}
	sql_bind_int(sql, from->seq);
	if (plan->view->part_key) {
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
		add_template(plan->driver->filter->drive, plan->driver, sql);
	}
	for (size_t i = 0; i < plan->count; i++) {
		const struct condition *condition = &plan->conditions[i];
		/* Which messages are left out for a phrase is known when they have been read. */
		if (condition == plan->driver || (condition->negative && condition->phrases))
			continue;
		sql_add(sql, condition->negative ? " AND NOT (" : " AND (");
		add_template(condition->filter->test, condition, sql);
		sql_add(sql, ")");
	}
	add_time_range(plan, plan->by_seq ? "+" : plus, sql);
	add_seq_range(plan, plan->by_seq ? plus : "+", sql);
}

/* Which of the texts the index finds in the row, a bit for each. */
static void add_hits(const struct plan *plan, const struct text_list *texts, struct sql_text *sql)
{
	sql_add(sql, ", 0");
	for (size_t i = 0; texts && i < texts->count && i < SEARCH_TEXTS_MOST; i++) {
		struct text_list one = { &texts->items[i], 1 };
		struct condition condition = { .filter = view_filter(plan->view, FILTER_SEARCH) };
		const char *wordless;
		search_expression(&one, &condition.words, &wordless);
		sql_add(sql, " | (");
		add_template(condition.filter->test, &condition, sql);
		buf_addf(&sql->text, ") << %zu", i);
		condition_release(&condition);
	}
}

void plan_keys(const struct plan *plan, bool descending, const struct key *from, int64_t limit,
	struct sql_text *sql)
{
	const struct view *view = plan->view;
	const char *columns[3];
	size_t count = order_columns(plan, columns);
	sql_add(sql, "SELECT ");
	sql_add(sql, view->time_key ? view->time_key : "0");
	sql_add(sql, ", ");
	sql_add(sql, view->seq_key);
	sql_add(sql, ", ");
	sql_add(sql, view->part_key ? view->part_key : "0");
	add_hits(plan, plan->phrases, sql);
	add_hits(plan, plan->not_phrases, sql);
	sql_add(sql, " FROM ");
	sql_add(sql, view->table);
	add_where(plan, sql);
	if (from)
		add_behind(plan, descending, from, sql);
	for (size_t i = 0; i < count; i++) {
		sql_add(sql, i == 0 ? " ORDER BY " : ", ");
		sql_add(sql, plan->sorted ? "" : "+");
		sql_add(sql, columns[i]);
		sql_add(sql, descending ? " DESC" : " ASC");
	}
	sql_add(sql, " LIMIT ");
	sql_bind_int(sql, limit);
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

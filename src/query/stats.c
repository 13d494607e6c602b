#include "query/stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_hour.h"
#include "base/xalloc.h"
#include "query/query.h"
#include "query/search.h"

/* What a group is called by; "0" where times alone tell. */
struct grouping {
	const char *change; /* column of change c */
	const char *run;    /* of run r */
	bool counted;       /* change_counter has it as well */
	const char *name;   /* SELECT name, more; ?1 is the key */
};
static const char name_sql[] = "SELECT text, NULL FROM name WHERE id = ?1";
static const struct grouping groupings[] = {
	[STATS_BY_USER] = { "c.user", "r.user", false,
		"SELECT label, user_id FROM user WHERE id = ?1" },
	[STATS_BY_BLUEPRINT] = { "c.blueprint", "r.blueprint", false, name_sql },
	[STATS_BY_ACTION] = { "c.action", "r.action", false, name_sql },
	[STATS_BY_ENTITY] = { "c.entity", "r.entity", false,
		"SELECT e.identifier, blueprint.text FROM entity e JOIN name blueprint"
		" ON blueprint.id = e.blueprint WHERE e.id = ?1" },
	[STATS_BY_ORIGIN] = { "c.origin", "r.origin", true, name_sql },
	[STATS_BY_STATUS] = { "c.status", "r.status", true, name_sql },
	[STATS_BY_HOUR] = { "0", "0", true, NULL },
	[STATS_BY_DAY] = { "0", "0", true, NULL },
	[STATS_BY_WEEKDAY] = { "0", "0", true, NULL },
	[STATS_BY_TIME] = { "0", "0", true, NULL },
};

struct reading {
	sqlite3 *database;
	const struct stats_request *request;
	const struct grouping *grouping;
	struct time_hours hours;
	int64_t success; /* ids of names; -1: there is no such name */
	int64_t failure;
	struct stats *stats;
	int64_t *ragged; /* quarters that are in two local hours: their changes are read one by one
			  */
	size_t ragged_count;
};

static int64_t key_of(struct reading *r, int64_t time_ms, int64_t id)
{
	if (r->request->by < STATS_BY_HOUR)
		return id;
	int64_t hour = time_hour(&r->hours, time_ms);
	switch (r->request->by) {
	case STATS_BY_HOUR:
		return time_hour_of_day(hour);
	case STATS_BY_DAY:
		return time_hour_day(hour);
	case STATS_BY_WEEKDAY:
		return time_hour_weekday(hour);
	default:
		return hour;
	}
}

static void add_changes(struct reading *r, int64_t time_ms, int64_t id, int64_t count)
{
	tallies_at(&r->stats->groups, key_of(r, time_ms, id))->changes += count;
	r->stats->total.changes += count;
}

static void add_run_to(struct tally *tally, const struct reading *r, int64_t status)
{
	tally->runs++;
	tally->succeeded += status == r->success;
	tally->failed += status == r->failure;
}

/* A row of time, group, status, duration. */
static void add_run(struct reading *r, sqlite3_stmt *row)
{
	int64_t time_ms = sqlite3_column_int64(row, 0), status = 0;
	struct tally *tally =
		tallies_at(&r->stats->groups, key_of(r, time_ms, sqlite3_column_int64(row, 1)));
	if (!r->request->counts_only)
		status = sqlite3_column_int64(row, 2);
	add_run_to(tally, r, status);
	add_run_to(&r->stats->total, r, status);
	if (!r->request->counts_only && sqlite3_column_type(row, 3) != SQLITE_NULL)
		tally_add_duration(r->request->by == STATS_BY_TIME ? &r->stats->total : tally,
			sqlite3_column_int64(row, 3));
}

static void add_row(struct reading *r, const struct view *view, sqlite3_stmt *row)
{
	if (view == &view_runs)
		add_run(r, row);
	else
		add_changes(r, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1), 1);
}

static bool add_all(
	struct reading *r, const struct view *view, sqlite3_stmt *rows, struct error *err)
{
	bool row = true;
	while (row) {
		if (!statement_step(rows, &row, err))
			return false;
		if (row)
			add_row(r, view, rows);
	}
	return true;
}

static char *columns_of(const struct reading *r, const struct view *view)
{
	return view == &view_runs
		       ? xasprintf("r.time_ms, %s%s", r->grouping->run,
				 r->request->counts_only ? "" : ", r.status, r.duration_ms")
		       : xasprintf("c.time_ms, %s", r->grouping->change);
}

/* Phrases are looked for in the messages: the rows come one by one from a listing. */
static bool read_listing(struct reading *r, const struct view *view,
	const struct filter_settings *filter, struct error *err)
{
	static const struct view_field time_field = { .name = "time_ms" };
	const struct view_field *items[] = { &time_field };
	struct field_list fields = { items, 1 };
	struct query_settings settings = {
		.view = view, .filter = filter, .fields = &fields, .limit = -1
	};
	char *columns = columns_of(r, view);
	char *sql = xasprintf("SELECT %s FROM %s WHERE %s = ?1 AND %s = ?2", columns, view->table,
		view->seq_key, view->part_key);
	sqlite3_stmt *one = NULL;
	struct query *query = NULL;
	const struct row *row = NULL;
	bool ok = statement_prepare_text(r->database, sql, &one, err) &&
		  query_open(r->database, &settings, &query, err);
	while (ok && (ok = query_next(query, &row, err)) && row) {
		sqlite3_bind_int64(one, 1, query_key(query).seq);
		sqlite3_bind_int64(one, 2, query_key(query).part);
		ok = add_all(r, view, one, err);
		sqlite3_reset(one);
	}
	query_close(query);
	sqlite3_finalize(one);
	free(sql);
	free(columns);
	return ok;
}

static bool open_rows(struct reading *r, const struct plan *plan, const char *columns,
	sqlite3_stmt **ret_rows, struct error *err)
{
	struct sql_text sql = { 0 };
	plan_rows(plan, columns, &sql);
	bool ok = statement_prepare(r->database, &sql, ret_rows, err);
	sql_text_release(&sql);
	return ok;
}

/* From the table of changes or of runs. */
static bool read_table(struct reading *r, const struct view *view,
	const struct filter_settings *filter, struct error *err)
{
	struct plan_request request = { .view = view, .filter = filter, .limit = -1 };
	struct plan plan = { 0 };
	sqlite3_stmt *rows = NULL;
	bool ok = plan_make(r->database, &request, &plan, err);
	if (!ok || plan.empty) {
		plan_release(&plan);
		return ok;
	}
	plan_to_count(&plan);
	if (plan_must_search(&plan)) {
		plan_release(&plan);
		return read_listing(r, view, filter, err);
	}
	char *columns = columns_of(r, view);
	ok = open_rows(r, &plan, columns, &rows, err) && add_all(r, view, rows, err);
	sqlite3_finalize(rows);
	free(columns);
	plan_release(&plan);
	return ok;
}

/* A row of quarter, group, count. */
static void add_counter(struct reading *r, sqlite3_stmt *row)
{
	int64_t quarter = sqlite3_column_int64(row, 0);
	if (r->request->by < STATS_BY_HOUR || time_quarter_is_whole(&r->hours, quarter)) {
		add_changes(r, time_quarter_start(quarter), sqlite3_column_int64(row, 1),
			sqlite3_column_int64(row, 2));
		return;
	}
	/* The rows come in order of the quarters. */
	if (r->ragged_count > 0 && r->ragged[r->ragged_count - 1] == quarter)
		return;
	r->ragged = xreallocarray(r->ragged, r->ragged_count + 1, sizeof(*r->ragged));
	r->ragged[r->ragged_count++] = quarter;
}

/* filter: its times are quarters. */
static bool read_counters(
	struct reading *r, const struct filter_settings *filter, struct error *err)
{
	struct plan_request request = { .view = &view_counters, .filter = filter, .limit = -1 };
	struct plan plan = { 0 };
	sqlite3_stmt *rows = NULL;
	bool row = true;
	char *columns = xasprintf("c.quarter, %s, c.count", r->grouping->change);
	bool ok = plan_make(r->database, &request, &plan, err);
	if (ok && !plan.empty)
		ok = open_rows(r, &plan, columns, &rows, err);
	while (ok && rows && row) {
		ok = statement_step(rows, &row, err);
		if (ok && row)
			add_counter(r, rows);
	}
	sqlite3_finalize(rows);
	plan_release(&plan);
	free(columns);
	return ok;
}

/* The changes from since on and before until, one by one. */
static bool read_part(struct reading *r, int64_t since_ms, int64_t until_ms, struct error *err)
{
	struct filter_settings part = *r->request->filter;
	if (since_ms >= until_ms)
		return true;
	part.since = (struct option_time){ .given = true, .ms = since_ms };
	part.until = (struct option_time){ .given = true, .ms = until_ms };
	return read_table(r, &view_changes, &part, err);
}

/* The view has all that the filter asks for. */
static bool serves(const struct view *view, const struct filter_settings *filter)
{
	for (enum filter_name name = FILTER_NONE + 1; name < FILTER_COUNT; name++) {
		const struct text_match *match = filter_values(filter, name);
		if ((match->any_of.count || match->none_of.count) && !view_filter(view, name))
			return false;
	}
	return true;
}

/* Whole quarters from the counters, what is left at the ends of the range from the table. */
static bool read_changes(struct reading *r, struct error *err)
{
	const struct filter_settings *filter = r->request->filter;
	struct option_time since = filter->since, until = filter->until;
	struct filter_settings whole = *filter;
	if (since.given)
		whole.since.ms = time_quarter(since.ms) + (since.ms % QUARTER_MS != 0);
	if (until.given)
		whole.until.ms = time_quarter(until.ms);
	if (!r->grouping->counted || !serves(&view_counters, filter) ||
		(since.given && until.given && whole.since.ms >= whole.until.ms))
		return read_table(r, &view_changes, filter, err);
	bool ok = read_counters(r, &whole, err);
	if (ok && since.given)
		ok = read_part(r, since.ms, time_quarter_start(whole.since.ms), err);
	if (ok && until.given)
		ok = read_part(r, time_quarter_start(whole.until.ms), until.ms, err);
	for (size_t i = 0; ok && i < r->ragged_count; i++)
		ok = read_part(r, time_quarter_start(r->ragged[i]),
			time_quarter_start(r->ragged[i] + 1), err);
	return ok;
}

/* -1 where nothing is called so. */
static bool find_name(sqlite3 *database, const char *text, int64_t *ret_id, struct error *err)
{
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT coalesce((SELECT id FROM name WHERE text = ");
	sql_bind_text(&sql, span_of(text));
	sql_add(&sql, "), -1)");
	bool ok = statement_integer(database, &sql, ret_id, err);
	sql_text_release(&sql);
	return ok;
}

static bool read_all(struct reading *r, struct error *err)
{
	const struct filter_settings *filter = r->request->filter;
	bool has_changes = serves(&view_changes, filter);
	r->stats->has_runs = serves(&view_runs, filter);
	return find_name(r->database, "SUCCESS", &r->success, err) &&
	       find_name(r->database, "FAILURE", &r->failure, err) &&
	       (!has_changes || read_changes(r, err)) &&
	       ((has_changes && !r->stats->has_runs) || read_table(r, &view_runs, filter, err));
}

/* Of hours and weekdays there are as many as there are, whatever happened in them. */
static void fill_in(struct tallies *groups, enum stats_by by)
{
	int64_t count = by == STATS_BY_HOUR ? 24 : by == STATS_BY_WEEKDAY ? 7 : 0;
	for (int64_t key = 0; groups->count > 0 && key < count; key++)
		tallies_at(groups, key);
}

static void drop(struct tallies *groups, size_t first, size_t count)
{
	for (size_t i = 0; i < groups->count; i++)
		if (i < first || i >= first + count)
			free(groups->items[i].durations_ms);
	for (size_t i = 0; i < count; i++)
		groups->items[i] = groups->items[first + i];
	groups->count = count;
}

/* Of groups in order. */
static void leave_out(struct tallies *groups, int64_t key)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (groups->items[i].key != key)
			continue;
		free(groups->items[i].durations_ms);
		memmove(&groups->items[i], &groups->items[i + 1],
			(groups->count - i - 1) * sizeof(groups->items[0]));
		groups->count--;
	}
}

static void put_in_order(const struct stats_request *request, struct stats *stats)
{
	struct tallies *groups = &stats->groups;
	fill_in(groups, request->by);
	if (request->by < STATS_BY_HOUR)
		tallies_sort_by_size(groups);
	else
		tallies_sort_by_key(groups);
	if (request->some_only)
		leave_out(groups, 0);
	stats->group_count = groups->count;
	if (request->limit >= 0 && (size_t)request->limit < groups->count) {
		size_t count = (size_t)request->limit;
		drop(groups, request->by == STATS_BY_DAY ? groups->count - count : 0, count);
	}
	for (size_t i = 0, j = groups->count; request->reverse && i + 1 < j; i++) {
		struct tally kept = groups->items[i];
		groups->items[i] = groups->items[--j];
		groups->items[j] = kept;
	}
}

static bool read_names(
	sqlite3 *database, const struct grouping *grouping, struct stats *stats, struct error *err)
{
	sqlite3_stmt *s = NULL;
	bool ok = true, row;
	stats->names = xcalloc(stats->groups.count + 1, sizeof(*stats->names));
	if (!grouping->name)
		return true;
	ok = statement_prepare_text(database, grouping->name, &s, err);
	for (size_t i = 0; ok && i < stats->groups.count; i++) {
		sqlite3_bind_int64(s, 1, stats->groups.items[i].key);
		ok = statement_step(s, &row, err);
		if (ok && row) {
			stats->names[i].name = span_dup(statement_span(s, 0));
			stats->names[i].more = span_dup(statement_span(s, 1));
		}
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return ok;
}

bool stats_read(sqlite3 *database, const struct stats_request *request, struct stats *ret_stats,
	struct error *err)
{
	const struct text_match *search = &request->filter->search;
	bool one_by_one = search_has_phrase(&search->any_of) || search_has_phrase(&search->none_of);
	struct stats stats = { 0 };
	struct reading *r = xcalloc(1, sizeof(*r));
	r->database = database;
	r->request = request;
	r->grouping = &groupings[request->by];
	r->stats = &stats;
	/* All numbers are of one moment; but a listing begins and ends its own transactions. */
	if (!one_by_one)
		sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
	bool ok = read_all(r, err);
	if (ok) {
		put_in_order(request, &stats);
		ok = read_names(database, r->grouping, &stats, err);
	}
	if (!one_by_one)
		sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	free(r->ragged);
	free(r);
	if (ok)
		*ret_stats = stats;
	else
		stats_release(&stats);
	return ok;
}

void stats_release(struct stats *stats)
{
	for (size_t i = 0; stats->names && i < stats->groups.count; i++) {
		free(stats->names[i].name);
		free(stats->names[i].more);
	}
	free(stats->names);
	free(stats->total.durations_ms);
	tallies_release(&stats->groups);
	*stats = (struct stats){ 0 };
}

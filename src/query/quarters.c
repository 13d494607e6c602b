#include "query/quarters.h"

#include "base/time_hour.h"
#include "base/xalloc.h"
#include "query/condition.h"

static const struct view_filter *counted(const struct plan *plan, const struct condition *condition)
{
	if (!plan->view->counters || condition->filter->name == FILTER_NONE)
		return NULL;
	return view_filter(plan->view->counters, condition->filter->name);
}

bool quarters_know(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (counted(plan, &plan->conditions[i]))
			return true;
	return false;
}

static void write_sql(const struct plan *plan, int64_t newest_ms, size_t most, struct sql_text *sql)
{
	sql_add(sql, "SELECT DISTINCT c.quarter FROM change_counter c WHERE c.quarter <= ");
	sql_bind_int(sql, time_quarter(newest_ms));
	if (plan->since.given) {
		sql_add(sql, " AND c.quarter >= ");
		sql_bind_int(sql, time_quarter(plan->since.ms));
	}
	for (size_t i = 0; i < plan->count; i++) {
		struct condition condition = plan->conditions[i];
		condition.filter = counted(plan, &condition);
		if (condition.filter)
			condition_add_test(&condition, sql);
	}
	sql_add(sql, " ORDER BY c.quarter DESC LIMIT ");
	sql_bind_int(sql, (int64_t)most);
}

/* Kafka's timestamps may be anything. */
static struct seq_range times_of(int64_t quarter)
{
	struct seq_range times = { INT64_MIN, INT64_MAX };
	if (quarter >= INT64_MIN / QUARTER_MS)
		times.first = quarter * QUARTER_MS;
	if (quarter < INT64_MAX / QUARTER_MS)
		times.last = (quarter + 1) * QUARTER_MS - 1;
	return times;
}

bool quarters_find(sqlite3 *database, const struct plan *plan, int64_t newest_ms, size_t most,
	struct window *ret_window, struct error *err)
{
	struct window window = { .least_ms = INT64_MIN };
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows = NULL;
	bool row = true;
	write_sql(plan, newest_ms, most, &sql);
	bool ok = statement_prepare(database, &sql, &rows, err);
	sql_text_release(&sql);
	window.ranges = xcalloc(most, sizeof(*window.ranges));
	while (ok && row) {
		ok = statement_step(rows, &row, err);
		if (!ok || !row)
			break;
		window.ranges[window.count++] = times_of(sqlite3_column_int64(rows, 0));
	}
	sqlite3_finalize(rows);
	if (window.count == most)
		window.least_ms = window.ranges[most - 1].first;
	if (ok)
		*ret_window = window;
	else
		window_release(&window);
	return ok;
}

bool quarters_are_dense(const struct window *window)
{
	enum { SPARSE = 4 }; /* where walking meets so many times as many quarters */
	if (window->least_ms == INT64_MIN)
		return false;
	return window->ranges[0].last / QUARTER_MS - window->least_ms / QUARTER_MS <
	       SPARSE * (int64_t)window->count;
}

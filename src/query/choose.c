#include "query/choose.h"

#include "query/condition.h"
#include "query/quarters.h"
#include "query/within.h"

enum {
	SORT_AT_ONCE = 1000, /* so few rows of an index are found and sorted without much ado */
	SORT_SOON = 10000,   /* so few where other filters leave out nobody knows how many */
	DRIVER_MOST = 50000, /* an index that finds more is not used to find and sort them */
	LIMIT_MOST = 100000, /* who wants more than that wants all */
	SORT_COST = 2,       /* what finding and sorting a row costs: so many steps of a walk */
};

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
		plan_add_seq_range(plan, "", &sql);
	else
		plan_add_time_range(plan, "", &sql);
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

/* With one id such an index gives its rows in the order of time. */
static bool is_ordered(const struct plan *plan, const struct condition *condition)
{
	return !plan->by_seq && condition->filter->ordered && condition->ids.count == 1;
}

/* An index that gives its rows in order costs nothing that a walk would not cost, too. */
static void choose_ordered(struct plan *plan)
{
	for (size_t i = 0; !plan->driver && i < plan->count; i++)
		if (condition_can_drive(&plan->conditions[i]) &&
			is_ordered(plan, &plan->conditions[i]))
			plan->driver = &plan->conditions[i];
}

/* Some filter is not seen to by what drives. */
static bool leaves_out(const struct plan *plan, const struct condition *driver)
{
	bool together = driver->filter == plan->view->together;
	for (size_t i = 0; i < plan->count; i++) {
		const struct condition *c = &plan->conditions[i];
		bool seen_to = together && !c->negative && c->words.length > 0;
		if (c != driver && c->filter != plan->view->together && !seen_to)
			return true;
	}
	return false;
}

static bool is_cheaper(int64_t count, int64_t limit, int64_t all)
{
	return limit < 0 || SORT_COST * count * count <= limit * all;
}

/* Finding and sorting n rows costs some n steps; walking until `limit` rows of n among all are met
 * costs limit * all / n, if they are spread evenly and no other filter leaves some of them out. */
static bool is_worth_sorting(const struct plan *plan, const struct condition *driver, int64_t count,
	int64_t limit, int64_t all)
{
	return count < SORT_AT_ONCE || is_cheaper(count, limit, all) ||
	       (count < SORT_SOON && leaves_out(plan, driver));
}

/* Counting the rows of an index costs as much as walking by them: it ends where they are no longer
 * worth sorting, whatever their number. */
static int64_t count_at_most(int64_t limit, int64_t all)
{
	int64_t most = SORT_SOON;
	while (most < DRIVER_MOST && is_cheaper(most, limit, all))
		most += SORT_SOON;
	return most + 1 < DRIVER_MOST ? most + 1 : DRIVER_MOST;
}

/* Where full text alone knows, and finds few, it is asked once. */
static bool find_few(sqlite3 *database, struct plan *plan, struct error *err)
{
	struct condition *last = &plan->conditions[plan->count - 1];
	int64_t count;
	for (size_t i = 0; i < plan->count; i++)
		if (within_knows(&plan->conditions[i]) && &plan->conditions[i] != last)
			return true;
	return last->filter != plan->view->together ||
	       condition_count(database, last, true, SORT_AT_ONCE, &count, err);
}

/* Indexes or full text know, and none of them a few changes, of a run. */
static bool windows_know(const struct plan *plan)
{
	bool know = false;
	for (size_t i = 0; plan->view->together && i < plan->count; i++) {
		const struct condition *c = &plan->conditions[i];
		if (within_knows(c))
			know = true;
		else if (condition_can_drive(c))
			return false;
	}
	return know;
}

/* The newest of what indexes and full text find are looked for where the newest changes are:
 * finding all of them, or walking until enough are met, may take a hundred times as long. */
static bool choose_windows(
	sqlite3 *database, struct plan *plan, bool newest_first, struct error *err)
{
	if (!newest_first || !windows_know(plan))
		return true;
	if (!find_few(database, plan, err))
		return false;
	plan->windowed = PLAN_SEGMENTS;
	return windows_read(database, &plan->windows, err);
}

static bool choose_counted(sqlite3 *database, struct plan *plan, struct error *err)
{
	struct condition *best = NULL;
	int64_t limit = plan->limit > LIMIT_MOST ? -1 : plan->limit;
	int64_t fewest, all, most;
	if (!count_walk(database, plan, &fewest, err) || !count_records(database, &all, err))
		return false;
	most = count_at_most(limit, all);
	for (size_t i = 0; i < plan->count && fewest > 0; i++) {
		struct condition *condition = &plan->conditions[i];
		int64_t count;
		if (!condition_can_drive(condition))
			continue;
		if (fewest < most)
			most = fewest; /* what finds more is none that is chosen */
		if (!condition_count(database, condition, !plan->by_seq, most, &count, err))
			return false;
		if (count < fewest) {
			fewest = count;
			best = condition;
		}
	}
	plan->sorted = !best || is_ordered(plan, best);
	if (best && (plan->sorted || is_worth_sorting(plan, best, fewest, limit, all))) {
		plan->driver = best;
	} else {
		plan->fallback = best;
		plan->fallback_count = fewest;
		plan->sorted = true;
		choose_ordered(plan);
	}
	return true;
}

/* A walk would meet what the filters leave out, for hours and days on end. */
static bool choose_quarters(sqlite3 *database, struct plan *plan, struct error *err)
{
	int64_t newest_ms = plan->until.given ? plan->until.ms - 1 : INT64_MAX;
	if (plan->by_seq || plan->limit < 0 || plan->driver || !quarters_know(plan))
		return true;
	if (!quarters_find(database, plan, newest_ms, PLAN_WINDOW_QUARTERS, &plan->quarters, err))
		return false;
	if (quarters_are_dense(&plan->quarters)) {
		window_release(&plan->quarters);
		return true;
	}
	plan->windowed = PLAN_QUARTERS;
	plan->sorted = false;
	return true;
}

bool choose_driver(sqlite3 *database, struct plan *plan, bool newest_first, struct error *err)
{
	if (!choose_windows(database, plan, newest_first, err))
		return false;
	if (plan->windowed)
		return true;
	return choose_counted(database, plan, err) && choose_quarters(database, plan, err);
}

static bool choose_without_windows(sqlite3 *database, struct plan *plan, struct error *err)
{
	plan->windowed = PLAN_WHOLE;
	return choose_counted(database, plan, err);
}

bool choose_to_count(sqlite3 *database, struct plan *plan, struct error *err)
{
	size_t know = 0;
	for (size_t i = 0; i < plan->count; i++)
		know += within_knows(&plan->conditions[i]);
	if (plan->windowed == PLAN_WHOLE || (plan->windowed == PLAN_SEGMENTS && know > 1))
		return true;
	return choose_without_windows(database, plan, err);
}

bool choose_again(sqlite3 *database, struct plan *plan, struct error *err)
{
	int64_t count;
	if (plan->windowed == PLAN_QUARTERS)
		return choose_without_windows(database, plan, err);
	if (!plan->fallback)
		return true;
	if (!condition_count(database, plan->fallback, !plan->by_seq, DRIVER_MOST, &count, err))
		return false;
	if (count < DRIVER_MOST) {
		plan->driver = plan->fallback;
		plan->sorted = false;
	}
	plan->fallback = NULL;
	return true;
}

#include "query/choose.h"

#include "query/condition.h"
#include "query/quarters.h"
#include "store/spans.h"

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

/* An index that finds few rows is better than anything else. */
static bool choose_few(sqlite3 *database, struct plan *plan, bool *ret_few, struct error *err)
{
	*ret_few = false;
	for (size_t i = 0; i < plan->count && !*ret_few; i++) {
		struct condition *c = &plan->conditions[i];
		int64_t count;
		if (!condition_can_drive(c) || c->filter == plan->view->together)
			continue;
		if (!condition_count(database, c, false, SORT_AT_ONCE, &count, err))
			return false;
		*ret_few = count < SORT_AT_ONCE;
	}
	return true;
}

/* How far back one must go in the journal for as many hits as are wanted, by the newest that full
 * text finds; -1: there are not so many. */
static bool measure(sqlite3 *database, const struct plan *plan, const struct condition *together,
	int64_t *ret_distance, struct error *err)
{
	enum { SAMPLE = 200 };
	int64_t sample = plan->limit < SAMPLE ? plan->limit : SAMPLE, last, seq;
	struct sql_text sql = { 0 };
	sql_add(&sql, "SELECT rowid FROM search WHERE search MATCH ");
	sql_bind_text(&sql, buf_span(&together->words));
	sql_add(&sql, " ORDER BY rowid DESC LIMIT 1 OFFSET ");
	sql_bind_int(&sql, sample > 0 ? sample - 1 : 0);
	bool ok =
		statement_integer(database, &sql, &seq, err) && count_records(database, &last, err);
	sql_text_release(&sql);
	*ret_distance = !ok || seq == 0 ? -1 : (last - seq + 1) * (plan->limit / (sample + 1) + 1);
	return ok;
}

/* Of what full text finds the newest are wanted. Where they are close together, a walk meets them
 * soon. Else they are looked for where the newest changes are: finding all of them, or walking
 * until enough are met, may take a hundred times as long. */
static bool choose_windows(sqlite3 *database, struct plan *plan, struct error *err)
{
	enum { CLOSE = 400 }; /* so many records for each hit */
	struct condition *last = plan->count ? &plan->conditions[plan->count - 1] : NULL;
	int64_t distance;
	bool few;
	if (!last || last->filter != plan->view->together || plan->by_seq || plan->limit < 0 ||
		plan->limit > LIMIT_MOST)
		return true;
	if (!choose_few(database, plan, &few, err) ||
		(!few && !measure(database, plan, last, &distance, err)))
		return false;
	if (few || distance < 0)
		return true;
	plan->sorted = distance <= CLOSE * plan->limit && !leaves_out(plan, last);
	if (plan->sorted) {
		plan->fallback = last;
		plan->fallback_count = distance;
		return true;
	}
	plan->driver = last;
	plan->windowed = PLAN_SEGMENTS;
	plan->window_first = (size_t)(distance >> SPAN_SHIFT) + 1;
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
	plan->window_first = 1;
	plan->sorted = false;
	return true;
}

bool choose_driver(sqlite3 *database, struct plan *plan, struct error *err)
{
	if (!choose_windows(database, plan, err))
		return false;
	if (plan->windowed || plan->fallback)
		return true;
	return choose_counted(database, plan, err) && choose_quarters(database, plan, err);
}

bool choose_again(sqlite3 *database, struct plan *plan, struct error *err)
{
	int64_t count;
	if (plan->windowed) {
		plan->windowed = PLAN_WHOLE;
		plan->driver = NULL;
		return choose_counted(database, plan, err);
	}
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

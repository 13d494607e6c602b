#include "query/overview.h"

#include <string.h>

#include "base/time_hour.h"

bool overview_read(sqlite3 *database, const struct filter_settings *filter, int64_t busiest,
	struct overview *ret_overview, struct error *err)
{
	struct overview o = { .filter = filter };
	struct stats_request request = { .filter = filter, .by = STATS_BY_TIME, .limit = -1 };
	bool ok = stats_read(database, &request, &o.times, err);
	request.limit = busiest;
	request.some_only = true;
	request.counts_only = true;
	request.by = STATS_BY_USER;
	ok = ok && stats_read(database, &request, &o.people, err);
	request.by = STATS_BY_ENTITY;
	ok = ok && stats_read(database, &request, &o.entities, err);
	if (ok)
		*ret_overview = o;
	else
		overview_release(&o);
	return ok;
}

void overview_release(struct overview *o)
{
	stats_release(&o->times);
	stats_release(&o->people);
	stats_release(&o->entities);
}

void overview_week(const struct overview *o, int64_t ret_week[7][24])
{
	memset(ret_week, 0, sizeof(int64_t[7][24]));
	for (size_t i = 0; i < o->times.groups.count; i++) {
		const struct tally *t = &o->times.groups.items[i];
		ret_week[time_hour_weekday(t->key)][time_hour_of_day(t->key)] +=
			t->changes + t->runs;
	}
}

void overview_days(const struct overview *o, int64_t last, size_t count, int64_t *ret_days)
{
	int64_t first = last - (int64_t)count + 1;
	memset(ret_days, 0, count * sizeof(*ret_days));
	for (size_t i = 0; i < o->times.groups.count; i++) {
		const struct tally *t = &o->times.groups.items[i];
		int64_t day = time_hour_day(t->key);
		if (day >= first && day <= last)
			ret_days[day - first] += t->changes + t->runs;
	}
}

bool overview_range(const struct overview *o, int64_t *ret_first, int64_t *ret_last)
{
	const struct tallies *groups = &o->times.groups;
	if (groups->count == 0)
		return false;
	*ret_first = time_hour_day(groups->items[0].key);
	*ret_last = time_hour_day(groups->items[groups->count - 1].key);
	return true;
}

/* change_counter: how many changes there were, for statistics. A change never changes, so adding is
 * all there is to do. */
#include "base/time_hour.h"
#include "store/projections.h"

static bool add(
	struct projecting *p, const struct record *record, const struct event *e, struct error *err)
{
	struct counter_key key = { .quarter = time_quarter(projected_time(record, e)) };
	return intern_name(p->intern, e->operation, &key.operation, err) &&
	       intern_name(p->intern, e->resource, &key.resource, err) &&
	       intern_name(p->intern, e->status, &key.status, err) &&
	       intern_name(p->intern, e->origin, &key.origin, err) &&
	       counters_add(p->counters, &key, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->events.count; i++)
		if (r->events.items[i].kind == EVENT_CHANGE &&
			!add(p, r->record, &r->events.items[i], err))
			return false;
	return true;
}

static const char *const tables[] = { "change_counter", NULL };
const struct projection counter_projection = { "counter", tables, apply };

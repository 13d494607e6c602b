#include "store/projections.h"

bool projections_apply(struct projecting *p, const struct prepared *r, struct error *err)
{
#define APPLY(projection)                 \
	if (!projection.apply(p, r, err)) \
		return error_prefix(err, "cannot apply the projection '%s'", projection.name);
	PROJECTIONS(APPLY)
#undef APPLY
	return true;
}

int64_t projected_time(const struct record *record, const struct event *event)
{
	if (event->has_time)
		return event->time_ms;
	return record->timestamp_type == TIMESTAMP_NONE ? record->received_ms
							: record->timestamp_ms;
}

bool projected_names(struct projecting *p, const struct record *record, const struct event *event,
	struct projected_names *ret_names, struct error *err)
{
	struct projected_names n = { 0 };
	int64_t time_ms = record ? projected_time(record, event) : 0;
	if (!intern_name(p->intern, event->operation, &n.operation, err) ||
		!intern_name(p->intern, event->resource, &n.resource, err) ||
		!intern_name(p->intern, event->status, &n.status, err) ||
		!intern_name(p->intern, event->origin, &n.origin, err) ||
		!intern_name(p->intern, event->action, &n.action, err) ||
		!intern_name(p->intern, event->blueprint, &n.blueprint, err) ||
		!intern_entity(p->intern, n.blueprint, event->entity, &n.entity, err) ||
		!intern_run(p->intern, event->run_id, &n.run, err) ||
		!users_see(p->users, &event->user, time_ms, &n.user, err) ||
		!users_see(p->users, &event->by, time_ms, &n.by, err) ||
		!users_see(p->users, &event->decided_by, time_ms, &n.decided_by, err))
		return false;
	*ret_names = n;
	return true;
}

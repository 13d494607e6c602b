/* change: a row for each change of the catalog. */
#include "store/projections.h"

static const char insert[] =
	"INSERT INTO change (seq, idx, time_ms, operation, resource, status, origin, user, "
	"blueprint,"
	" entity, run, action, signature, before_start, before_length, after_start, after_length,"
	" title, message, event_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
	"?19, ?20)";

static bool add(struct projecting *p, const struct prepared *r, size_t idx, struct error *err)
{
	const struct event *e = &r->events.items[idx];
	struct projected_names n;
	if (!projected_names(p, r->record, e, &n, err))
		return false;
	struct stmt *s = stmt(p->connection, insert);
	stmt_int(s, 1, (int64_t)r->seq);
	stmt_int(s, 2, (int64_t)idx);
	stmt_int(s, 3, projected_time(r->record, e));
	stmt_int(s, 4, n.operation);
	stmt_int(s, 5, n.resource);
	stmt_int(s, 6, n.status);
	stmt_int(s, 7, n.origin);
	stmt_int(s, 8, n.user);
	stmt_int(s, 9, n.blueprint);
	stmt_int(s, 10, n.entity);
	stmt_int(s, 11, n.run);
	stmt_int(s, 12, n.action);
	stmt_int(s, 13, e->signature);
	stmt_int(s, 14, e->before.start);
	stmt_int(s, 15, e->before.length);
	stmt_int(s, 16, e->after.start);
	stmt_int(s, 17, e->after.length);
	stmt_text(s, 18, e->title);
	stmt_text(s, 19, e->message);
	stmt_text(s, 20, e->event_id);
	return stmt_run(s, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->events.count; i++)
		if (r->events.items[i].kind == EVENT_CHANGE && !add(p, r, i, err))
			return false;
	return true;
}

static const char *const tables[] = { "change", "user", NULL };
const struct projection change_projection = { "change", tables, apply };

/* entity_state: the latest known state of each entity, in order of time, however late it arrives.
 */
#include "store/projections.h"

static const char put[] =
	"INSERT INTO entity_state (entity, seq, idx, time_ms, deleted, state_start, state_length, "
	"title)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (entity) DO UPDATE SET seq = excluded.seq, idx = excluded.idx,"
	" time_ms = excluded.time_ms, deleted = excluded.deleted, state_start = "
	"excluded.state_start,"
	" state_length = excluded.state_length, title = excluded.title"
	" WHERE (excluded.time_ms, excluded.seq, excluded.idx) >= (time_ms, seq, idx)";

static bool add(struct projecting *p, const struct prepared *r, size_t idx, struct error *err)
{
	const struct event *e = &r->events.items[idx];
	bool deleted = span_is(e->operation, "DELETE");
	int64_t blueprint, entity;
	if (!deleted && e->after.length == 0)
		return true; /* tells nothing of the state */
	if (!intern_name(p->intern, e->blueprint, &blueprint, err) ||
		!intern_entity(p->intern, blueprint, e->entity, &entity, err))
		return false;
	if (entity == 0)
		return true;
	struct stmt *s = stmt(p->connection, put);
	stmt_int(s, 1, entity);
	stmt_int(s, 2, (int64_t)r->seq);
	stmt_int(s, 3, (int64_t)idx);
	stmt_int(s, 4, projected_time(r->record, e));
	stmt_int(s, 5, deleted);
	stmt_int(s, 6, deleted ? 0 : e->after.start);
	stmt_int(s, 7, deleted ? 0 : e->after.length);
	stmt_text(s, 8, e->title);
	return stmt_run(s, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->events.count; i++)
		if (event_happened(&r->events.items[i]) && !add(p, r, i, err))
			return false;
	return true;
}

static const char *const tables[] = { "entity_state", NULL };
const struct projection entity_projection = { "entity", tables, apply };

/* run_event: what each record tells of a run; run: the fold of that. The fold is made anew from all
 * of a run's events (there are few), so that their order of arrival does not matter. */
#include "store/projections.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "event/run_fold.h"

static const char put_event[] = "INSERT OR REPLACE INTO run_event (run, seq, idx, time_ms, step, "
				"requests, kind, action, operation,"
				" blueprint, entity, user, origin, signature, status, approved_by, "
				"port_status, status_label, title,"
				" inputs_start, inputs_length, ended_ms, summary, link_start, "
				"link_length, external_run_id, detail)"
				" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
				"?14, ?15, ?16, ?17, ?18, ?19,"
				" ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)";

static const char get_events[] =
	"SELECT v.seq, v.idx, v.time_ms, v.step, v.requests, v.kind, action.text, operation.text,"
	" blueprint.text, e.identifier, v.user, origin.text, v.signature, status.text, "
	"v.approved_by,"
	" v.port_status, v.status_label, v.title, v.inputs_start, v.inputs_length, v.ended_ms, "
	"v.summary,"
	" v.link_start, v.link_length, v.external_run_id"
	" FROM run_event v"
	" JOIN name action ON action.id = v.action"
	" JOIN name operation ON operation.id = v.operation"
	" JOIN name blueprint ON blueprint.id = v.blueprint"
	" JOIN name origin ON origin.id = v.origin"
	" JOIN name status ON status.id = v.status"
	" JOIN entity e ON e.id = v.entity"
	" WHERE v.run = ?1";

static const char put_run[] = "INSERT OR REPLACE INTO run (id, kind, time_ms, action, operation, "
			      "blueprint, entity, user, origin,"
			      " signature, status, approved_by, port_status, status_label, title, "
			      "inputs_seq, inputs_start,"
			      " inputs_length, ended_ms, summary, link_seq, link_start, "
			      "link_length, external_run_id, seq, last_seq)"
			      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
			      "?14, ?15, ?16, ?17, ?18, ?19,"
			      " ?20, ?21, ?22, ?23, ?24, ?25, ?26)";

static void bind_range(struct stmt *s, int position, struct range range)
{
	if (range.length == 0) {
		stmt_null(s, position);
		stmt_null(s, position + 1);
		return;
	}
	stmt_int(s, position, range.start);
	stmt_int(s, position + 1, range.length);
}

static void bind_ended(struct stmt *s, int position, const struct event *e)
{
	if (e->has_ended)
		stmt_int(s, position, e->ended_ms);
	else
		stmt_null(s, position);
}

static bool add_event(struct projecting *p, const struct prepared *r, size_t idx,
	const struct projected_names *n, struct error *err)
{
	const struct event *e = &r->events.items[idx];
	struct stmt *s = stmt(p->connection, put_event);
	stmt_int(s, 1, n->run);
	stmt_int(s, 2, (int64_t)r->seq);
	stmt_int(s, 3, (int64_t)idx);
	stmt_int(s, 4, projected_time(r->record, e));
	stmt_int(s, 5, e->step);
	stmt_int(s, 6, e->requests);
	stmt_int(s, 7, e->run_kind);
	stmt_int(s, 8, n->action);
	stmt_int(s, 9, n->operation);
	stmt_int(s, 10, n->blueprint);
	stmt_int(s, 11, n->entity);
	stmt_int(s, 12, n->user);
	stmt_int(s, 13, n->origin);
	stmt_int(s, 14, e->signature);
	stmt_int(s, 15, n->status);
	stmt_int(s, 16, n->approved_by);
	stmt_text(s, 17, e->port_status);
	stmt_text(s, 18, e->status_label);
	stmt_text(s, 19, e->title);
	bind_range(s, 20, e->inputs);
	bind_ended(s, 22, e);
	stmt_text(s, 23, e->summary);
	bind_range(s, 24, e->link);
	stmt_text(s, 26, e->external_run_id);
	stmt_text(s, 27, e->detail);
	return stmt_run(s, err);
}

/* A person travels through the fold as the row's number in the place of the id. */
static struct span user_as_id(struct arena *texts, int64_t user)
{
	if (user == 0)
		return (struct span){ 0 };
	return arena_copy(texts, span_make((const char *)&user, sizeof(user)));
}

static int64_t user_of_id(struct span id)
{
	int64_t user = 0;
	if (id.length == sizeof(user))
		memcpy(&user, id.data, sizeof(user));
	return user;
}

static struct range read_range(struct stmt *s, int column)
{
	return (struct range){ (uint32_t)stmt_column_int(s, column),
		(uint32_t)stmt_column_int(s, column + 1) };
}

static void read_event(struct stmt *s, struct arena *texts, struct run_event *ret_event)
{
	struct event e = { .kind = EVENT_RUN, .has_time = true };
	e.time_ms = stmt_column_int(s, 2);
	e.step = (enum run_step)stmt_column_int(s, 3);
	e.requests = stmt_column_int(s, 4) != 0;
	e.run_kind = (enum run_kind)stmt_column_int(s, 5);
	e.action = arena_copy(texts, stmt_column(s, 6));
	e.operation = arena_copy(texts, stmt_column(s, 7));
	e.blueprint = arena_copy(texts, stmt_column(s, 8));
	e.entity = arena_copy(texts, stmt_column(s, 9));
	e.user.id = user_as_id(texts, stmt_column_int(s, 10));
	e.origin = arena_copy(texts, stmt_column(s, 11));
	e.signature = (enum signature_status)stmt_column_int(s, 12);
	e.status = arena_copy(texts, stmt_column(s, 13));
	e.approved_by.id = user_as_id(texts, stmt_column_int(s, 14));
	e.port_status = arena_copy(texts, stmt_column(s, 15));
	e.status_label = arena_copy(texts, stmt_column(s, 16));
	e.title = arena_copy(texts, stmt_column(s, 17));
	e.inputs = read_range(s, 18);
	e.has_ended = !stmt_column_is_null(s, 20);
	e.ended_ms = stmt_column_int(s, 20);
	e.summary = arena_copy(texts, stmt_column(s, 21));
	e.link = read_range(s, 22);
	e.external_run_id = arena_copy(texts, stmt_column(s, 24));
	*ret_event = (struct run_event){ (uint64_t)stmt_column_int(s, 0),
		(uint32_t)stmt_column_int(s, 1), e.time_ms, e };
}

static bool read_events(struct projecting *p, int64_t run, struct arena *texts,
	struct run_event **events, size_t *count, struct error *err)
{
	size_t capacity = 0;
	struct stmt *s = stmt(p->connection, get_events);
	stmt_int(s, 1, run);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return false;
		if (!row)
			return true;
		if (*count == capacity) {
			capacity = capacity ? 2 * capacity : 8;
			*events = xreallocarray(*events, capacity, sizeof(**events));
		}
		read_event(s, texts, &(*events)[(*count)++]);
	}
}

static bool write_run(
	struct projecting *p, int64_t run, const struct run_state *state, struct error *err)
{
	const struct event *e = &state->state;
	struct event names = *e; /* the users' rows are known already */
	names.user = names.approved_by = (struct identity){ 0 };
	struct projected_names n;
	if (!projected_names(p, NULL, &names, &n, err))
		return false;
	struct stmt *s = stmt(p->connection, put_run);
	stmt_int(s, 1, run);
	stmt_int(s, 2, e->run_kind);
	stmt_int(s, 3, state->time_ms);
	stmt_int(s, 4, n.action);
	stmt_int(s, 5, n.operation);
	stmt_int(s, 6, n.blueprint);
	stmt_int(s, 7, n.entity);
	stmt_int(s, 8, user_of_id(e->user.id));
	stmt_int(s, 9, n.origin);
	stmt_int(s, 10, e->signature);
	stmt_int(s, 11, n.status);
	stmt_int(s, 12, user_of_id(e->approved_by.id));
	stmt_text(s, 13, e->port_status);
	stmt_text(s, 14, e->status_label);
	stmt_text(s, 15, e->title);
	stmt_int(s, 16, (int64_t)state->inputs_seq);
	bind_range(s, 17, e->inputs);
	bind_ended(s, 19, e);
	stmt_text(s, 20, e->summary);
	stmt_int(s, 21, (int64_t)state->link_seq);
	bind_range(s, 22, e->link);
	stmt_text(s, 24, e->external_run_id);
	stmt_int(s, 25, (int64_t)state->seq);
	stmt_int(s, 26, (int64_t)state->last_seq);
	return stmt_run(s, err);
}

static bool fold(struct projecting *p, int64_t run, struct error *err)
{
	struct arena texts = { 0 };
	struct run_event *events = NULL;
	size_t count = 0;
	bool ok = read_events(p, run, &texts, &events, &count, err);
	if (ok) {
		struct run_state state;
		run_fold(events, count, &state);
		ok = write_run(p, run, &state, err);
	}
	free(events);
	arena_free(&texts);
	return ok;
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->events.count; i++) {
		struct projected_names n;
		if (r->events.items[i].kind != EVENT_RUN)
			continue;
		if (!projected_names(p, r->record, &r->events.items[i], &n, err))
			return false;
		if (n.run != 0 && (!add_event(p, r, i, &n, err) || !fold(p, n.run, err)))
			return false;
	}
	return true;
}

static const char *const tables[] = { "run", "run_event", "user", NULL };
const struct projection run_projection = { "run", tables, apply };

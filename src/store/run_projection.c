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

static const char put_run[] =
	"INSERT INTO run (id, kind, time_ms, action, operation, blueprint, entity, user, origin,"
	" signature, status, approved_by, port_status, status_label, title, inputs_seq, "
	"inputs_start,"
	" inputs_length, ended_ms, summary, link_seq, link_start, link_length, external_run_id, "
	"seq, last_seq)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
	"?19,"
	" ?20, ?21, ?22, ?23, ?24, ?25, ?26)";

/* A row that is there already, by the same parameters. SQLite writes each index anew that holds a
 * column which is set, changed or not; so those are set apart, and only where they change. */
static const char get_run[] =
	"SELECT time_ms, action, blueprint, entity, user, status, ended_ms FROM run WHERE id = ?1";
static const char change_run[] =
	"UPDATE run SET kind = ?2, operation = ?5, origin = ?9, signature = ?10, approved_by = ?12,"
	" port_status = ?13, status_label = ?14, title = ?15, inputs_seq = ?16, inputs_start = ?17,"
	" inputs_length = ?18, summary = ?20, link_seq = ?21, link_start = ?22,"
	" link_length = ?23, external_run_id = ?24, seq = ?25, last_seq = ?26 WHERE id = ?1";
static const char change_end[] = "UPDATE run SET status = ?2, ended_ms = ?3 WHERE id = ?1";
static const char change_keys[] =
	"UPDATE run SET time_ms = ?2, action = ?3, blueprint = ?4, entity = ?5,"
	" user = ?6 WHERE id = ?1";

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

/* What the indexes hold. */
struct run_keys {
	int64_t time_ms, action, blueprint, entity, user;
	int64_t status;
	bool has_ended;
	int64_t ended_ms;
};

static bool read_keys(struct projecting *p, int64_t run, struct run_keys *ret_keys, bool *ret_found,
	struct error *err)
{
	struct stmt *s = stmt(p->connection, get_run);
	stmt_int(s, 1, run);
	if (!stmt_row(s, ret_found, err))
		return false;
	if (*ret_found) {
		*ret_keys = (struct run_keys){ stmt_column_int(s, 0), stmt_column_int(s, 1),
			stmt_column_int(s, 2), stmt_column_int(s, 3), stmt_column_int(s, 4),
			stmt_column_int(s, 5), !stmt_column_is_null(s, 6), stmt_column_int(s, 6) };
		stmt_reset(s);
	}
	return true;
}

static bool write_keys(struct projecting *p, int64_t run, const struct run_keys *was,
	const struct run_keys *is, struct error *err)
{
	if (was->status != is->status || was->has_ended != is->has_ended ||
		was->ended_ms != is->ended_ms) {
		struct stmt *s = stmt(p->connection, change_end);
		stmt_int(s, 1, run);
		stmt_int(s, 2, is->status);
		if (is->has_ended)
			stmt_int(s, 3, is->ended_ms);
		else
			stmt_null(s, 3);
		if (!stmt_run(s, err))
			return false;
	}
	if (was->time_ms == is->time_ms && was->action == is->action &&
		was->blueprint == is->blueprint && was->entity == is->entity &&
		was->user == is->user)
		return true;
	struct stmt *s = stmt(p->connection, change_keys);
	stmt_int(s, 1, run);
	stmt_int(s, 2, is->time_ms);
	stmt_int(s, 3, is->action);
	stmt_int(s, 4, is->blueprint);
	stmt_int(s, 5, is->entity);
	stmt_int(s, 6, is->user);
	return stmt_run(s, err);
}

/* Binds what put_run and change_run have in common; put_run alone has the keys. */
static void bind_run(
	struct stmt *s, int64_t run, const struct run_state *state, const struct projected_names *n)
{
	const struct event *e = &state->state;
	stmt_int(s, 1, run);
	stmt_int(s, 2, e->run_kind);
	stmt_int(s, 5, n->operation);
	stmt_int(s, 9, n->origin);
	stmt_int(s, 10, e->signature);
	stmt_int(s, 12, n->approved_by);
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
}

static bool insert_run(struct projecting *p, int64_t run, const struct run_state *state,
	const struct projected_names *n, const struct run_keys *keys, struct error *err)
{
	struct stmt *s = stmt(p->connection, put_run);
	bind_run(s, run, state, n);
	stmt_int(s, 3, keys->time_ms);
	stmt_int(s, 4, keys->action);
	stmt_int(s, 6, keys->blueprint);
	stmt_int(s, 7, keys->entity);
	stmt_int(s, 8, keys->user);
	stmt_int(s, 11, keys->status);
	return stmt_run(s, err);
}

static bool fold_again(
	struct projecting *p, int64_t run, const struct run_keys *was, struct error *err)
{
	struct arena texts = { 0 };
	struct run_event *events = NULL;
	size_t count = 0;
	bool ok = read_events(p, run, &texts, &events, &count, err);
	if (ok) {
		struct run_state state;
		run_fold(events, count, &state);
		struct event names = state.state; /* the people's rows are known already */
		names.user = names.approved_by = (struct identity){ 0 };
		struct projected_names n;
		ok = projected_names(p, NULL, &names, &n, err);
		n.user = user_of_id(state.state.user.id);
		n.approved_by = user_of_id(state.state.approved_by.id);
		struct run_keys is = { state.time_ms, n.action, n.blueprint, n.entity, n.user,
			n.status, state.state.has_ended, state.state.ended_ms };
		struct stmt *s = stmt(p->connection, change_run);
		bind_run(s, run, &state, &n);
		ok = ok && stmt_run(s, err) && write_keys(p, run, was, &is, err);
	}
	free(events);
	arena_free(&texts);
	return ok;
}

/* Most runs are new: then there is nothing to fold it with. */
static bool fold(struct projecting *p, const struct prepared *r, size_t idx,
	const struct projected_names *n, struct error *err)
{
	struct run_keys was;
	bool found;
	if (!read_keys(p, n->run, &was, &found, err))
		return false;
	if (found)
		return fold_again(p, n->run, &was, err);
	struct run_event first = { r->seq, (uint32_t)idx,
		projected_time(r->record, &r->events.items[idx]), r->events.items[idx] };
	struct run_state state;
	struct projected_names told;
	run_fold(&first, 1, &state);
	if (!projected_names(p, r->record, &state.state, &told, err))
		return false;
	struct run_keys is = { state.time_ms, told.action, told.blueprint, told.entity, told.user,
		told.status, state.state.has_ended, state.state.ended_ms };
	return insert_run(p, n->run, &state, &told, &is, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->events.count; i++) {
		struct projected_names n;
		if (r->events.items[i].kind != EVENT_RUN)
			continue;
		if (!projected_names(p, r->record, &r->events.items[i], &n, err))
			return false;
		if (n.run != 0 && (!add_event(p, r, i, &n, err) || !fold(p, r, i, &n, err)))
			return false;
	}
	return true;
}

static const char *const tables[] = { "run", "run_event", "user", NULL };
const struct projection run_projection = { "run", tables, apply };

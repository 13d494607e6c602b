/* run_event: what each record tells of a run; run: the fold of that. The fold is made anew from all
 * of a run's events (there are few), so that their order of arrival does not matter.
 *
 * How a run ended is also told by portlog's own report, from when Port has accepted it: the record
 * that owes the report gives an event that waits (STEP_OWED), and once a record says that it was
 * sent, one that counts (STEP_REPORTED). */
#include "store/projections.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "event/local_report.h"
#include "event/run_fold.h"

static const char put_event[] =
	"INSERT OR REPLACE INTO run_event (run, seq, idx, time_ms, step, requests, kind, action,"
	" operation, blueprint, entity, user, origin, signature, status, decided_by, port_status,"
	" status_label, title, inputs_start, inputs_length, ended_ms, summary, link_start,"
	" link_length, external_run_id, detail, actor, decision, decision_reason, group_id,"
	" created_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
	" ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)";

/* An event and a state are read alike; what only one of them has stands before and behind. */
#define COMMON                                                                              \
	" x.time_ms, x.kind, action.text, operation.text, blueprint.text, e.identifier,"    \
	" x.user, origin.text, x.signature, status.text, x.decided_by, x.port_status,"      \
	" x.status_label, x.title, x.inputs_start, x.inputs_length, x.ended_ms, x.summary," \
	" x.external_run_id, x.decision, x.decision_reason, x.group_id, x.created_ms"
#define NAMES                                                \
	" JOIN name action ON action.id = x.action"          \
	" JOIN name operation ON operation.id = x.operation" \
	" JOIN name blueprint ON blueprint.id = x.blueprint" \
	" JOIN name origin ON origin.id = x.origin"          \
	" JOIN name status ON status.id = x.status"          \
	" JOIN entity e ON e.id = x.entity"
static const char get_events[] =
	"SELECT" COMMON ", CASE WHEN x.link_length > 0 THEN (SELECT CAST(substr(CAST("
	"portlog_body(b.seq, b.dictionary, b.bytes) AS BLOB), x.link_start + 1, x.link_length)"
	" AS TEXT) FROM body b WHERE b.seq = x.seq) END, x.seq, x.idx, x.step, x.requests"
	" FROM run_event x" NAMES " WHERE x.run = ?1 AND x.step <> 10";
static const char get_owed[] =
	"SELECT" COMMON ", NULL, x.run FROM run_event x" NAMES " WHERE x.seq = ?1 AND x.step = 10";
static const char get_run[] =
	"SELECT" COMMON ", x.link, x.seq, x.last_seq, x.inputs_seq, x.last_ms, x.action,"
	" x.blueprint, x.entity, x.status, x.decided_ms FROM run x" NAMES " WHERE x.id = ?1";
enum { LINK = 23, OWN = 24 }; /* the first columns behind COMMON */

static const char put_run[] =
	"INSERT OR IGNORE INTO run (id, kind, time_ms, action, operation, blueprint, entity, user, "
	"origin,"
	" signature, status, decided_by, port_status, status_label, title, inputs_seq,"
	" inputs_start, inputs_length, ended_ms, summary, link, external_run_id, seq, last_seq,"
	" last_ms, decision, decided_ms, decision_reason, group_id, created_ms, duration_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
	" ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)";

/* A row that is there already, by the same parameters. SQLite writes each index anew that holds a
 * column which is set, changed or not; so those are set apart, and only where they change. */
static const char change_run[] =
	"UPDATE run SET operation = ?5, origin = ?9, signature = ?10, decided_by = ?12,"
	" port_status = ?13, status_label = ?14, title = ?15, inputs_seq = ?16, inputs_start = ?17,"
	" inputs_length = ?18, ended_ms = ?19, summary = ?20, link = ?21, external_run_id = ?22, "
	"last_seq = ?24,"
	" last_ms = ?25, decision = ?26, decided_ms = ?27, decision_reason = ?28, group_id = ?29,"
	" created_ms = ?30 WHERE id = ?1";
static const char change_kind[] = "UPDATE run SET kind = ?2 WHERE id = ?1";
static const char change_end[] = "UPDATE run SET status = ?2, duration_ms = ?3 WHERE id = ?1";
static const char change_keys[] = "UPDATE run SET time_ms = ?2, action = ?3, blueprint = ?4,"
				  " entity = ?5, user = ?6, seq = ?7 WHERE id = ?1";

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

static void bind_time(struct stmt *s, int position, bool known, int64_t time_ms)
{
	if (known)
		stmt_int(s, position, time_ms);
	else
		stmt_null(s, position);
}

static bool add_event(struct projecting *p, const struct run_event *event, struct span value,
	const struct projected_names *n, struct error *err)
{
	const struct event *e = &event->event;
	struct range link = { 0 };
	if (e->link.data)
		link = (struct range){ (uint32_t)(e->link.data - value.data),
			(uint32_t)e->link.length };
	struct stmt *s = stmt(p->connection, put_event);
	stmt_int(s, 1, n->run);
	stmt_int(s, 2, (int64_t)event->seq);
	stmt_int(s, 3, event->idx);
	stmt_int(s, 4, event->time_ms);
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
	stmt_int(s, 16, n->decided_by);
	stmt_text(s, 17, e->port_status);
	stmt_text(s, 18, e->status_label);
	stmt_text(s, 19, e->title);
	bind_range(s, 20, e->inputs);
	bind_time(s, 22, e->has_ended, e->ended_ms);
	stmt_text(s, 23, e->summary);
	bind_range(s, 24, link);
	stmt_text(s, 26, e->external_run_id);
	stmt_text(s, 27, e->detail);
	stmt_int(s, 28, e->step == STEP_REQUESTED ? n->user : n->by);
	stmt_int(s, 29, e->decision);
	stmt_text(s, 30, e->decision_reason);
	stmt_text(s, 31, e->group);
	bind_time(s, 32, e->has_created, e->created_ms);
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

static struct event read_common(struct stmt *s, struct arena *texts)
{
	struct event e = { .kind = EVENT_RUN, .has_time = true };
	e.time_ms = stmt_column_int(s, 0);
	e.run_kind = (enum run_kind)stmt_column_int(s, 1);
	e.action = arena_copy(texts, stmt_column(s, 2));
	e.operation = arena_copy(texts, stmt_column(s, 3));
	e.blueprint = arena_copy(texts, stmt_column(s, 4));
	e.entity = arena_copy(texts, stmt_column(s, 5));
	e.user.id = user_as_id(texts, stmt_column_int(s, 6));
	e.origin = arena_copy(texts, stmt_column(s, 7));
	e.signature = (enum signature_status)stmt_column_int(s, 8);
	e.status = arena_copy(texts, stmt_column(s, 9));
	e.decided_by.id = user_as_id(texts, stmt_column_int(s, 10));
	e.port_status = arena_copy(texts, stmt_column(s, 11));
	e.status_label = arena_copy(texts, stmt_column(s, 12));
	e.title = arena_copy(texts, stmt_column(s, 13));
	e.inputs = read_range(s, 14);
	e.has_ended = !stmt_column_is_null(s, 16);
	e.ended_ms = stmt_column_int(s, 16);
	e.summary = arena_copy(texts, stmt_column(s, 17));
	e.external_run_id = arena_copy(texts, stmt_column(s, 18));
	e.decision = (enum run_decision)stmt_column_int(s, 19);
	e.decision_reason = arena_copy(texts, stmt_column(s, 20));
	e.group = arena_copy(texts, stmt_column(s, 21));
	e.has_created = !stmt_column_is_null(s, 22);
	e.created_ms = stmt_column_int(s, 22);
	e.link = arena_copy(texts, stmt_column(s, LINK));
	return e;
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
		struct event e = read_common(s, texts);
		e.step = (enum run_step)stmt_column_int(s, OWN + 2);
		e.requests = stmt_column_int(s, OWN + 3) != 0;
		(*events)[(*count)++] = (struct run_event){ (uint64_t)stmt_column_int(s, OWN),
			(uint32_t)stmt_column_int(s, OWN + 1), e.time_ms, e };
	}
}

/* What the indexes hold. */
struct run_keys {
	int64_t time_ms, action, blueprint, entity, user, seq;
	int64_t status, kind;
	int64_t duration_ms; /* -1: unknown */
};

static int64_t duration_of(const struct run_state *s)
{
	const struct event *e = &s->state;
	int64_t start_ms = e->has_created ? e->created_ms : s->time_ms;
	int64_t duration_ms;
	/* Kafka's timestamp may be any number. */
	bool known = e->has_ended && e->ended_ms >= start_ms &&
		     !__builtin_sub_overflow(e->ended_ms, start_ms, &duration_ms);
	return known ? duration_ms : -1;
}

static struct run_keys keys_of(const struct run_state *state, const struct projected_names *n)
{
	return (struct run_keys){ state->time_ms, n->action, n->blueprint, n->entity, n->user,
		(int64_t)state->seq, n->status, state->state.run_kind, duration_of(state) };
}

/* ret_found: whether the run is here. */
static bool read_run(struct projecting *p, int64_t run, struct arena *texts,
	struct run_state *ret_state, struct run_keys *ret_keys, bool *ret_found, struct error *err)
{
	struct stmt *s = stmt(p->connection, get_run);
	stmt_int(s, 1, run);
	if (!stmt_row(s, ret_found, err))
		return false;
	if (!*ret_found)
		return true;
	struct run_state state = { .state = read_common(s, texts) };
	state.time_ms = state.state.time_ms;
	state.seq = (uint64_t)stmt_column_int(s, OWN);
	state.last_seq = (uint64_t)stmt_column_int(s, OWN + 1);
	state.inputs_seq = (uint64_t)stmt_column_int(s, OWN + 2);
	state.last_ms = stmt_column_int(s, OWN + 3);
	state.has_decided = !stmt_column_is_null(s, OWN + 8);
	state.decided_ms = stmt_column_int(s, OWN + 8);
	*ret_keys = (struct run_keys){ state.time_ms, stmt_column_int(s, OWN + 4),
		stmt_column_int(s, OWN + 5), stmt_column_int(s, OWN + 6),
		user_of_id(state.state.user.id), (int64_t)state.seq, stmt_column_int(s, OWN + 7),
		state.state.run_kind, duration_of(&state) };
	*ret_state = state;
	stmt_reset(s);
	return true;
}

static bool write_keys(struct projecting *p, int64_t run, const struct run_keys *was,
	const struct run_keys *is, struct error *err)
{
	if (was->kind != is->kind) {
		struct stmt *s = stmt(p->connection, change_kind);
		stmt_int(s, 1, run);
		stmt_int(s, 2, is->kind);
		if (!stmt_run(s, err))
			return false;
	}
	if (was->status != is->status || was->duration_ms != is->duration_ms) {
		struct stmt *s = stmt(p->connection, change_end);
		stmt_int(s, 1, run);
		stmt_int(s, 2, is->status);
		bind_time(s, 3, is->duration_ms >= 0, is->duration_ms);
		if (!stmt_run(s, err))
			return false;
	}
	if (was->time_ms == is->time_ms && was->action == is->action &&
		was->blueprint == is->blueprint && was->entity == is->entity &&
		was->user == is->user && was->seq == is->seq)
		return true;
	struct stmt *s = stmt(p->connection, change_keys);
	stmt_int(s, 1, run);
	stmt_int(s, 2, is->time_ms);
	stmt_int(s, 3, is->action);
	stmt_int(s, 4, is->blueprint);
	stmt_int(s, 5, is->entity);
	stmt_int(s, 6, is->user);
	stmt_int(s, 7, is->seq);
	return stmt_run(s, err);
}

/* Binds what put_run and change_run have in common; put_run alone has the keys. */
static void bind_run(
	struct stmt *s, int64_t run, const struct run_state *state, const struct projected_names *n)
{
	const struct event *e = &state->state;
	stmt_int(s, 1, run);
	stmt_int(s, 5, n->operation);
	stmt_int(s, 9, n->origin);
	stmt_int(s, 10, e->signature);
	stmt_int(s, 12, n->decided_by);
	stmt_text(s, 13, e->port_status);
	stmt_text(s, 14, e->status_label);
	stmt_text(s, 15, e->title);
	stmt_int(s, 16, (int64_t)state->inputs_seq);
	bind_range(s, 17, e->inputs);
	bind_time(s, 19, e->has_ended, e->ended_ms);
	stmt_text(s, 20, e->summary);
	stmt_text(s, 21, e->link);
	stmt_text(s, 22, e->external_run_id);
	stmt_int(s, 24, (int64_t)state->last_seq);
	stmt_int(s, 25, state->last_ms);
	stmt_int(s, 26, e->decision);
	bind_time(s, 27, state->has_decided, state->decided_ms);
	stmt_text(s, 28, e->decision_reason);
	stmt_text(s, 29, e->group);
	bind_time(s, 30, e->has_created, e->created_ms);
}

/* ret_new: false where it is there already. */
static bool insert_run(struct projecting *p, int64_t run, const struct run_state *state,
	const struct projected_names *n, const struct run_keys *keys, bool *ret_new,
	struct error *err)
{
	struct stmt *s = stmt(p->connection, put_run);
	bind_run(s, run, state, n);
	stmt_int(s, 2, keys->kind);
	stmt_int(s, 3, keys->time_ms);
	stmt_int(s, 4, keys->action);
	stmt_int(s, 6, keys->blueprint);
	stmt_int(s, 7, keys->entity);
	stmt_int(s, 8, keys->user);
	stmt_int(s, 11, keys->status);
	stmt_int(s, 23, keys->seq);
	bind_time(s, 31, keys->duration_ms >= 0, keys->duration_ms);
	if (!stmt_run(s, err))
		return false;
	*ret_new = stmt_changes(s) > 0;
	return true;
}

/* The names and people of a state that was read: the people's rows are known already. */
static bool state_names(struct projecting *p, const struct run_state *state,
	struct projected_names *ret_names, struct error *err)
{
	struct event names = state->state;
	names.user = names.by = names.decided_by = (struct identity){ 0 };
	if (!projected_names(p, NULL, &names, ret_names, err))
		return false;
	ret_names->user = user_of_id(state->state.user.id);
	ret_names->decided_by = user_of_id(state->state.decided_by.id);
	return true;
}

/* Adds the event to the state, or folds all events anew where it does not come in order. */
static bool fold_into(struct projecting *p, int64_t run, const struct run_event *event,
	struct arena *texts, struct run_state *state, struct error *err)
{
	struct run_event *events = NULL;
	size_t count = 0;
	if (run_fold_add(state, event))
		return true;
	bool ok = read_events(p, run, texts, &events, &count, err);
	if (ok)
		run_fold(events, count, state);
	free(events);
	return ok;
}

static bool change(struct projecting *p, struct run_event *event, const struct projected_names *n,
	struct arena *texts, struct error *err)
{
	struct run_state state, before;
	struct run_keys was = { 0 };
	struct projected_names names;
	bool found;
	event->event.user = (struct identity){ .id = user_as_id(texts, n->user) };
	event->event.decided_by = (struct identity){ .id = user_as_id(texts, n->decided_by) };
	if (!read_run(p, n->run, texts, &state, &was, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_INTEGRITY, "a run is neither there nor can be made");
	before = state;
	if (!fold_into(p, n->run, event, texts, &state, err) ||
		!state_names(p, &state, &names, err))
		return false;
	/* What is told once more is nothing new: a feed has a run each time that it changes. */
	state.last_seq = run_state_is_same(&before, &state) ? before.last_seq : event->seq;
	struct run_keys is = keys_of(&state, &names);
	struct stmt *s = stmt(p->connection, change_run);
	bind_run(s, n->run, &state, &names);
	return stmt_run(s, err) && write_keys(p, n->run, &was, &is, err);
}

/* Most runs are new: then there is nothing to fold the event with. */
static bool fold(struct projecting *p, const struct run_event *told,
	const struct projected_names *n, struct error *err)
{
	struct run_event event = *told;
	struct run_state state;
	bool is_new;
	run_fold(&event, 1, &state);
	struct run_keys keys = keys_of(&state, n);
	if (!insert_run(p, n->run, &state, n, &keys, &is_new, err))
		return false;
	if (is_new)
		return true;
	struct arena texts = { 0 };
	bool ok = change(p, &event, n, &texts, err);
	arena_free(&texts);
	return ok;
}

/* The event that waits until Port has accepted the report. */
static bool apply_owed(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct arena *texts, struct error *err)
{
	struct local_report report;
	struct local_final final;
	struct projected_names n;
	if (!local_report_read(doc, texts, &report) || !local_final_read(doc, texts, &final))
		return true;
	struct run_event event = { .seq = r->seq,
		.time_ms = r->record->received_ms,
		.event = { .kind = EVENT_RUN,
			.step = STEP_OWED,
			.run_id = report.run_id,
			.status = final.status,
			.port_status = final.port_status,
			.status_label = final.status_label,
			.summary = final.summary,
			.external_run_id = final.external_run_id } };
	return projected_names(p, r->record, &event.event, &n, err) &&
	       (n.run == 0 || add_event(p, &event, r->record->value, &n, err));
}

/* ret_owed: what waited for the report; step 0 where nothing did. */
static bool read_owed(struct projecting *p, int64_t report, struct arena *texts,
	struct event *ret_owed, int64_t *ret_run, struct error *err)
{
	struct stmt *s = stmt(p->connection, get_owed);
	bool row;
	stmt_int(s, 1, report);
	if (!stmt_row(s, &row, err))
		return false;
	*ret_owed = (struct event){ 0 };
	if (!row)
		return true;
	*ret_owed = read_common(s, texts);
	ret_owed->step = STEP_REPORTED;
	*ret_run = stmt_column_int(s, OWN);
	stmt_reset(s);
	return true;
}

/* 409 says that Port had the run as ended already, in whatever way. */
static bool apply_sent(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct arena *texts, struct error *err)
{
	struct local_report_end end;
	struct run_event event = { .seq = r->seq, .time_ms = r->record->received_ms };
	struct run_state state;
	struct run_keys keys;
	struct projected_names n;
	int64_t run = 0;
	bool found = false;
	if (!local_report_end_read(doc, texts, &end) || end.http_status < 200 ||
		end.http_status > 299)
		return true;
	if (!read_owed(p, end.report, texts, &event.event, &run, err))
		return false;
	/* Of a run that no message told of there is nothing to end. */
	if (event.event.step != STEP_REPORTED)
		return true;
	if (!read_run(p, run, texts, &state, &keys, &found, err))
		return false;
	if (!found)
		return true;
	event.event.has_ended = true;
	event.event.ended_ms = event.event.time_ms = event.time_ms;
	if (!projected_names(p, NULL, &event.event, &n, err))
		return false;
	n.run = run;
	return add_event(p, &event, (struct span){ 0 }, &n, err) &&
	       change(p, &event, &n, texts, err);
}

static bool apply_local(struct projecting *p, const struct prepared *r, struct error *err)
{
	const struct record *record = r->record;
	enum local_what what;
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	bool ok = true;
	if (!local_what_read(record->value, &what) ||
		(what != LOCAL_REPORT_OWED && what != LOCAL_REPORT_SENT))
		return true;
	if (json_scan(&doc, record->value.data, record->value.length) == JSON_OK)
		ok = what == LOCAL_REPORT_OWED ? apply_owed(p, r, &doc, &texts, err)
					       : apply_sent(p, r, &doc, &texts, err);
	json_doc_release(&doc);
	arena_free(&texts);
	return ok;
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	if (r->record->source == SOURCE_LOCAL)
		return apply_local(p, r, err);
	for (size_t i = 0; i < r->events.count; i++) {
		const struct event *e = &r->events.items[i];
		struct run_event event = { r->seq, (uint32_t)i, projected_time(r->record, e), *e };
		struct projected_names n;
		if (e->kind != EVENT_RUN)
			continue;
		if (!projected_names(p, r->record, e, &n, err))
			return false;
		if (n.run != 0 && (!add_event(p, &event, r->record->value, &n, err) ||
					  !fold(p, &event, &n, err)))
			return false;
	}
	return true;
}

static const char *const tables[] = { "run", "run_event", "user", NULL };
const struct projection run_projection = { "run", tables, apply };

/* execution: what rules made of records, as local records tell, and execution_step: which of them
 * told it. Of a run that was asked for below the execution floor nothing is told but the floor: its
 * row has the record's own seq as id, and no rules. Local
 * records may come from an export that somebody altered, in any order: what does not fit the row's
 * state changes nothing, and is no step. */
#include "store/projections.h"

#include "event/local_execution.h"

#define OPEN "('owed', 'running', 'waiting')"

static const char put_owed[] =
	"INSERT OR REPLACE INTO execution (id, seq, idx, run, once, rules, rule, digest, kind, "
	"state,"
	" born_skipped, reason, attempt, created_ms, ended_ms, last_seq)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, ?14, ?1)";
/* What was recorded before its floor was known, or with an older portlog, and what a person asked
 * for again, is owed nevertheless. */
static const char drop_skipped[] = "DELETE FROM execution WHERE id = ?1 AND rules = ''";
static const char put_skipped[] =
	"INSERT OR IGNORE INTO execution (id, seq, idx, run, once, rules, rule, digest, kind, "
	"state,"
	" born_skipped, reason, attempt, created_ms, ended_ms, last_seq)"
	" SELECT ?1, ?1, ?2, ?3, 1, '', '', '', '', 'skipped', 0, 'below the execution floor', 0,"
	" ?4, ?4, ?1 WHERE NOT EXISTS (SELECT 1 FROM execution WHERE run = ?3 AND once <> 0)";
static const char put_started[] =
	"UPDATE execution SET state = 'running', attempt = ?2, rule = ?3, digest = ?4, kind = ?5,"
	" started_ms = ?6, reason = NULL, next_ms = NULL, exit_code = NULL, http_status = NULL,"
	" output = NULL, last_seq = ?7 WHERE id = ?1 AND attempt <= ?2 AND state IN " OPEN;
/* An attempt that was over before the one that runs ends nothing. */
#define ENDS " WHERE id = ?1 AND state IN " OPEN " AND NOT (state = 'running' AND ?2 < attempt)"
static const char put_ended[] =
	"UPDATE execution SET attempt = max(attempt, ?2), state = ?3, reason = ?4,"
	" exit_code = coalesce(?5, exit_code), http_status = coalesce(?6, http_status),"
	" output = coalesce(?7, output), ended_ms = ?8, next_ms = ?9, last_seq = ?10" ENDS;
static const char put_void[] = "DELETE FROM execution" ENDS;
/* One that runs is ended by whoever runs it. */
static const char put_cancel[] = "UPDATE execution SET state = 'cancelled', reason = ?2,"
				 " ended_ms = ?3, next_ms = NULL, last_seq = ?4"
				 " WHERE id = ?1 AND state IN ('owed', 'waiting')";
static const char put_retry[] =
	"UPDATE execution SET state = 'owed', reason = ?2, ended_ms = NULL, next_ms = NULL,"
	" last_seq = ?4, born_skipped = 0 WHERE id = ?1 AND state NOT IN ('owed', 'running')";
static const char put_step[] =
	"INSERT OR IGNORE INTO execution_step (execution, seq) VALUES (?1, ?2)";
static const char put_start[] =
	"INSERT OR IGNORE INTO execution_step (execution, seq, starts) VALUES (?1, ?2, 1)";
/* The request to cancel one that runs changes nothing yet, but it is why it will end. */
static const char put_step_of_running[] =
	"INSERT OR IGNORE INTO execution_step (execution, seq)"
	" SELECT id, ?2 FROM execution WHERE id = ?1 AND state = 'running'";
static const char drop_steps[] = "DELETE FROM execution_step WHERE execution = ?1";

static void int_unless(struct stmt *s, int position, bool absent, int64_t value)
{
	if (absent)
		stmt_null(s, position);
	else
		stmt_int(s, position, value);
}

/* What a record changed in the document, which is scanned once. */
struct telling {
	struct projecting *projecting;
	uint64_t seq;
	int64_t time_ms;
	struct json_doc doc;
	struct arena texts;
};

/* Runs what changes the execution's row; ret_changed: it did. */
static bool change(struct stmt *s, bool *ret_changed, struct error *err)
{
	if (!stmt_run(s, err))
		return false;
	*ret_changed = stmt_changes(s) > 0;
	return true;
}

static bool add_step(struct telling *t, const char *sql, int64_t execution, struct error *err)
{
	struct stmt *s = stmt(t->projecting->connection, sql);
	stmt_int(s, 1, execution);
	stmt_int(s, 2, (int64_t)t->seq);
	return stmt_run(s, err);
}

/* It never was an execution. */
static bool end_void(struct telling *t, const struct local_ended *ended, struct error *err)
{
	bool changed;
	struct stmt *s = stmt(t->projecting->connection, put_void);
	stmt_int(s, 1, ended->execution);
	stmt_int(s, 2, ended->attempt);
	if (!change(s, &changed, err))
		return false;
	if (!changed)
		return true;
	s = stmt(t->projecting->connection, drop_steps);
	stmt_int(s, 1, ended->execution);
	return stmt_run(s, err);
}

static bool fold_owed(struct telling *t, struct error *err)
{
	struct local_owed owed;
	struct local_rule *rules;
	size_t count;
	int64_t run;
	if (!local_owed_read(&t->doc, &t->texts, &owed) || owed.seq >= t->seq ||
		!local_rules_read(owed.rules, &t->texts, &rules, &count))
		return true;
	if (!intern_run(t->projecting->intern, owed.run_id, &run, err))
		return false;
	bool skipped = owed.skipped.data != NULL;
	struct stmt *s = stmt(t->projecting->connection, drop_skipped);
	stmt_int(s, 1, (int64_t)owed.seq);
	if (!stmt_run(s, err))
		return false;
	s = stmt(t->projecting->connection, put_owed);
	stmt_int(s, 1, (int64_t)t->seq);
	stmt_int(s, 2, (int64_t)owed.seq);
	stmt_int(s, 3, owed.idx);
	stmt_int(s, 4, run);
	stmt_int(s, 5, owed.once);
	stmt_text(s, 6, owed.rules);
	stmt_text(s, 7, rules[0].name);
	stmt_text(s, 8, rules[0].digest);
	stmt_text(s, 9, rules[0].kind);
	stmt_text(
		s, 10, span_of(execution_state_word(skipped ? EXECUTION_SKIPPED : EXECUTION_OWED)));
	stmt_int(s, 11, skipped);
	stmt_text(s, 12, owed.skipped);
	stmt_int(s, 13, t->time_ms);
	int_unless(s, 14, !skipped, t->time_ms);
	return stmt_run(s, err);
}

static bool fold_started(struct telling *t, struct error *err)
{
	struct local_started started;
	bool changed;
	if (!local_started_read(&t->doc, &t->texts, &started))
		return true;
	struct stmt *s = stmt(t->projecting->connection, put_started);
	stmt_int(s, 1, started.execution);
	stmt_int(s, 2, started.attempt);
	stmt_text(s, 3, started.rule.name);
	stmt_text(s, 4, started.rule.digest);
	stmt_text(s, 5, started.rule.kind);
	stmt_int(s, 6, t->time_ms);
	stmt_int(s, 7, (int64_t)t->seq);
	return change(s, &changed, err) &&
	       (!changed || add_step(t, put_start, started.execution, err));
}

static bool fold_ended(struct telling *t, struct error *err)
{
	struct local_ended ended;
	bool changed;
	if (!local_ended_read(&t->doc, &t->texts, &ended))
		return true;
	if (ended.state == EXECUTION_VOID)
		return end_void(t, &ended, err);
	bool waiting = ended.state == EXECUTION_WAITING;
	struct stmt *s = stmt(t->projecting->connection, put_ended);
	stmt_int(s, 1, ended.execution);
	stmt_int(s, 2, ended.attempt);
	stmt_text(s, 3, span_of(execution_state_word(ended.state)));
	stmt_text(s, 4, ended.reason);
	int_unless(s, 5, ended.exit_code < 0, ended.exit_code);
	int_unless(s, 6, ended.http_status == 0, ended.http_status);
	stmt_text(s, 7, ended.output);
	int_unless(s, 8, waiting, t->time_ms);
	int_unless(s, 9, !waiting, ended.next_ms > 0 ? ended.next_ms : t->time_ms);
	stmt_int(s, 10, (int64_t)t->seq);
	return change(s, &changed, err) &&
	       (!changed || add_step(t, put_step, ended.execution, err));
}

static bool fold_request(struct telling *t, bool cancel, struct error *err)
{
	struct local_request request;
	bool changed;
	if (!local_request_read(&t->doc, &t->texts, &request))
		return true;
	struct stmt *s = stmt(t->projecting->connection, cancel ? put_cancel : put_retry);
	stmt_int(s, 1, request.execution);
	stmt_text(s, 2, request.reason);
	if (cancel)
		stmt_int(s, 3, t->time_ms);
	stmt_int(s, 4, (int64_t)t->seq);
	if (!change(s, &changed, err))
		return false;
	if (!changed && !cancel)
		return true;
	return add_step(t, changed ? put_step : put_step_of_running, request.execution, err);
}

static bool fold(struct telling *t, enum local_what what, struct error *err)
{
	switch (what) {
	case LOCAL_EXECUTION_OWED:
		return fold_owed(t, err);
	case LOCAL_EXECUTION_STARTED:
		return fold_started(t, err);
	case LOCAL_EXECUTION_ENDED:
		return fold_ended(t, err);
	default:
		return fold_request(t, what == LOCAL_CANCEL, err);
	}
}

static bool is_ours(enum local_what what)
{
	return what == LOCAL_EXECUTION_OWED || what == LOCAL_EXECUTION_STARTED ||
	       what == LOCAL_EXECUTION_ENDED || what == LOCAL_CANCEL || what == LOCAL_RETRY;
}

static bool skip(struct projecting *p, const struct prepared *r, uint32_t idx, struct error *err)
{
	int64_t run;
	if (!intern_run(p->intern, r->events.items[idx].run_id, &run, err))
		return false;
	struct stmt *s = stmt(p->connection, put_skipped);
	stmt_int(s, 1, (int64_t)r->seq);
	stmt_int(s, 2, idx);
	stmt_int(s, 3, run);
	stmt_int(s, 4, r->record->received_ms);
	return stmt_run(s, err);
}

/* A message of Kafka's. */
static bool apply_floor(struct projecting *p, const struct prepared *r, struct error *err)
{
	const struct record *record = r->record;
	const struct stream *stream =
		streams_known(p->streams, record->topic, record->partition, record->epoch);
	if (!stream || record->offset >= stream->floor)
		return true;
	for (size_t i = 0; i < r->events.count; i++) {
		const struct event *event = &r->events.items[i];
		if (event->kind == EVENT_RUN && event->requests && event->run_id.data &&
			!skip(p, r, (uint32_t)i, err))
			return false;
	}
	return true;
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	const struct record *record = r->record;
	enum local_what what;
	if (record->source == SOURCE_KAFKA)
		return apply_floor(p, r, err);
	if (record->source != SOURCE_LOCAL || !local_what_read(record->value, &what) ||
		!is_ours(what))
		return true;
	struct telling t = { .projecting = p, .seq = r->seq, .time_ms = record->received_ms };
	bool ok = true;
	if (json_scan(&t.doc, record->value.data, record->value.length) == JSON_OK)
		ok = fold(&t, what, err);
	json_doc_release(&t.doc);
	arena_free(&t.texts);
	return ok;
}

static const char *const tables[] = { "execution", "execution_step", NULL };
const struct projection execution_projection = { "execution", tables, apply };

#include "query/detail.h"

#include "query/statement.h"

const struct detail detail_record = {
	"record",
	record_fields,
	"SELECT seq, source, topic, partition, epoch, kafka_offset, timestamp_ms, timestamp_type, "
	"key,"
	" headers, value, size, body, received_ms, problem FROM journal WHERE seq = ?1",
};

static const struct view_field change_fields[] = {
	FIELD("idx", NUMBER, 6, 3),
	FIELD("time", TIME, 1, 19),
	FIELD("operation", WORD, 1, 9),
	FIELD("resource", WORD, 5, 8),
	FIELD("status", WORD, 1, 7),
	FIELD("blueprint", TEXT, 3, 9),
	FIELD("entity", TEXT, 1, 10),
	FIELD("actor", TEXT, 2, 10),
	FIELD("run_id", TEXT, 4, 10),
	FIELD("changed", PATHS, 3, 12),
	{ 0 },
};

const struct detail detail_record_changes = {
	"changes",
	change_fields,
	"SELECT idx, time, operation, resource, status, blueprint, entity, actor, "
	"run_id," VIEW_CHANGED_PATHS " FROM changes WHERE seq = ?1 ORDER BY idx",
};

static const struct view_field record_run_event_fields[] = {
	FIELD("run_id", TEXT, 1, 10),
	FIELD("time", TIME, 1, 19),
	FIELD("what", WORD, 1, 8),
	FIELD("status", WORD, 2, 8),
	FIELD("detail", TEXT, 2, 10),
	{ 0 },
};

const struct detail detail_record_run_events = {
	"run_events",
	record_run_event_fields,
	"SELECT run_name.run_id, strftime('%Y-%m-%dT%H:%M:%fZ', v.time_ms / 1000.0, 'unixepoch'),"
	" CASE v.step WHEN 1 THEN 'requested' WHEN 2 THEN 'approved' WHEN 3 THEN 'declined'"
	"  WHEN 4 THEN 'started' WHEN 5 THEN 'log' WHEN 6 THEN 'changed' WHEN 7 THEN 'reported'"
	"  WHEN 8 THEN 'ended' ELSE 'updated' END,"
	" status.text, v.detail"
	" FROM run_event v JOIN run_name ON run_name.id = v.run JOIN name status ON status.id = "
	"v.status"
	" WHERE v.seq = ?1 AND v.step <> 10 ORDER BY v.idx",
};

const struct detail detail_run = {
	"run",
	run_fields,
	"SELECT run_id, kind, time, time_ms, status, action, operation, blueprint, entity, title, "
	"actor,"
	" user_id, origin, signature, port_status, status_label, inputs, approved_by,"
	" decision, decided_by, decided_at, decision_reason, ended_at,"
	" duration_ms, summary, link, external_run_id, execution_count, seq, last_seq,"
	" \"group\" FROM runs WHERE run_id = ?1",
};

static const struct view_field run_event_fields[] = {
	FIELD("time", TIME, 1, 19),
	FIELD("after_ms", DURATION_MS, 2, 5),
	FIELD("total_ms", DURATION_MS, 5, 5),
	FIELD("seq", NUMBER, 4, 3),
	FIELD("what", WORD, 1, 8),
	FIELD("actor", TEXT, 3, 10),
	FIELD("detail", TEXT, 1, 26),
	{ 0 },
};

/* Of steps in one millisecond the one that must have been first is. */
const struct detail detail_run_events = {
	"events",
	run_event_fields,
	"SELECT time, time_ms - lag(time_ms) OVER life,"
	" nullif(time_ms - first_value(time_ms) OVER life, 0), seq, what, actor, detail"
	" FROM (SELECT *, CASE what WHEN 'requested' THEN 1 WHEN 'approved' THEN 2"
	"  WHEN 'started' THEN 3 WHEN 'ended' THEN 5 WHEN 'declined' THEN 5 ELSE 4 END AS rank"
	"  FROM run_events WHERE run_id = ?1)"
	" WINDOW life AS (ORDER BY time_ms, rank, seq, idx)"
	" ORDER BY time_ms, rank, seq, idx",
};

static const struct view_field run_execution_fields[] = {
	FIELD("id", NUMBER, 1, 3),
	FIELD("rule", TEXT, 1, 8),
	FIELD("kind", WORD, 3, 6),
	FIELD("state", WORD, 1, 8),
	FIELD("reason", TEXT, 2, 10),
	FIELD("attempt", NUMBER, 4, 3),
	FIELD("started_at", TIME, 2, 19),
	FIELD("ended_at", TIME, 2, 19),
	{ 0 },
};

const struct detail detail_run_executions = {
	"executions",
	run_execution_fields,
	"SELECT id, rule, kind, state, reason, attempt, started_at, ended_at FROM executions"
	" WHERE run_id = ?1 ORDER BY id",
};

static const struct view_field report_fields[] = {
	FIELD("id", NUMBER, 1, 3),
	FIELD("execution_id", NUMBER, 4, 3),
	FIELD("what", WORD, 1, 8),
	FIELD("state", WORD, 1, 8),
	FIELD("attempt", NUMBER, 3, 3),
	FIELD("http_status", NUMBER, 2, 3),
	FIELD("answer", JSON, 5, 10),
	{ 0 },
};

const struct detail detail_run_reports = {
	"reports",
	report_fields,
	"SELECT id, execution_id, what, state, attempt, http_status, answer FROM reports"
	" WHERE run_id = ?1 ORDER BY id",
};

static const struct view_field entity_fields[] = {
	FIELD("blueprint", TEXT, 1, 8),
	FIELD("entity", TEXT, 1, 10),
	FIELD("title", TEXT, 1, 10),
	FIELD("time", TIME, 1, 19),
	FIELD("seq", NUMBER, 1, 3),
	FIELD("deleted", YES, 1, 3),
	FIELD("state", JSON, 1, 10),
	{ 0 },
};

const struct detail detail_entity = {
	"entity",
	entity_fields,
	"SELECT blueprint, entity, title, time, seq, deleted, state FROM entities"
	" WHERE entity = (SELECT e.identifier FROM entity e WHERE e.id = ?1)"
	" AND blueprint IS (SELECT n.text FROM entity e JOIN name n ON n.id = e.blueprint WHERE "
	"e.id = ?1)",
};

const struct detail detail_entity_name = {
	"entity",
	entity_fields,
	"SELECT n.text, e.identifier FROM entity e JOIN name n ON n.id = e.blueprint WHERE e.id = "
	"?1",
};

bool detail_open_number(sqlite3 *database, const struct detail *detail, int64_t number,
	struct cursor **ret_cursor, struct error *err)
{
	sqlite3_stmt *statement;
	if (!statement_prepare_text(database, detail->sql, &statement, err))
		return false;
	sqlite3_bind_int64(statement, 1, number);
	cursor_new(statement, detail->fields, ret_cursor);
	return true;
}

bool detail_open_text(sqlite3 *database, const struct detail *detail, const char *text,
	struct cursor **ret_cursor, struct error *err)
{
	sqlite3_stmt *statement;
	if (!statement_prepare_text(database, detail->sql, &statement, err))
		return false;
	sqlite3_bind_text(statement, 1, text, -1, SQLITE_TRANSIENT);
	cursor_new(statement, detail->fields, ret_cursor);
	return true;
}

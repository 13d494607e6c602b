/* All there is about one execution. What its row does not have, attempts before the latest and
 * whole outputs, stands in the local records that told of it. */
#include "query/detail.h"

static const struct view_field own_fields[] = {
	FIELD("id", NUMBER, 1, 3),
	FIELD("state", WORD, 1, 8),
	FIELD("reason", TEXT, 1, 10),
	FIELD("rule", TEXT, 1, 8),
	FIELD("digest", TEXT, 1, 8),
	FIELD("kind", WORD, 1, 6),
	FIELD("attempt", NUMBER, 1, 3),
	FIELD("created_at", TIME, 1, 19),
	FIELD("started_at", TIME, 1, 19),
	FIELD("ended_at", TIME, 1, 19),
	FIELD("next_at", TIME, 1, 19),
	FIELD("exit_code", NUMBER, 1, 3),
	FIELD("http_status", NUMBER, 1, 3),
	FIELD("run_id", TEXT, 1, 10),
	FIELD("action", TEXT, 1, 10),
	FIELD("blueprint", TEXT, 1, 8),
	FIELD("entity", TEXT, 1, 10),
	FIELD("actor", TEXT, 1, 10),
	FIELD("seq", NUMBER, 1, 3),
	FIELD("idx", NUMBER, 1, 3),
	FIELD("output", TEXT, 1, 10),
	{ 0 },
};

/* What it is about is told by its run, else by the change that made it due. The row has so much of
 * the output as views show; the record has all. */
const struct detail detail_execution = {
	"execution",
	own_fields,
	"SELECT v.id, v.state, v.reason, v.rule, nullif(x.digest, ''), v.kind, v.attempt, "
	"v.created_at,"
	" v.started_at, v.ended_at, v.next_at, v.exit_code, v.http_status, v.run_id,"
	" action.text, blueprint.text, e.identifier, u.label, v.seq, v.idx,"
	" CASE WHEN x.output IS NOT NULL THEN coalesce("
	"(SELECT portlog_member(j.value, 'output')"
	" FROM execution_step s CROSS JOIN journal j ON j.seq = s.seq WHERE s.execution = x.id"
	" AND portlog_member(j.value, 'output') IS NOT NULL ORDER BY s.seq DESC LIMIT 1),"
	" x.output) END"
	" FROM execution x CROSS JOIN executions v ON v.id = x.id"
	" LEFT JOIN run r ON r.id = x.run AND x.run <> 0"
	" LEFT JOIN change c ON c.seq = x.seq AND c.idx = x.idx AND x.run = 0"
	" JOIN name action ON action.id = coalesce(r.action, c.action, 0)"
	" JOIN name blueprint ON blueprint.id = coalesce(r.blueprint, c.blueprint, 0)"
	" JOIN entity e ON e.id = coalesce(r.entity, c.entity, 0)"
	" JOIN user u ON u.id = coalesce(r.user, c.user, 0) WHERE x.id = ?1",
};

static const struct view_field step_fields[] = {
	FIELD("time", TIME, 1, 19),
	FIELD("after_ms", DURATION_MS, 3, 5),
	FIELD("what", WORD, 1, 9),
	FIELD("attempt", NUMBER, 2, 3),
	FIELD("rule", TEXT, 5, 8),
	FIELD("exit_code", NUMBER, 6, 9),
	FIELD("http_status", NUMBER, 6, 11),
	FIELD("next_at", TIME, 4, 19),
	FIELD("by", TEXT, 2, 8),
	FIELD("reason", TEXT, 1, 20),
	/* For machines. */
	FIELD("seq", NUMBER, 0, 3),
	FIELD("kind", WORD, 0, 4),
	FIELD("digest", TEXT, 0, 8),
	FIELD("output", TEXT, 0, 10),
	{ 0 },
};

/* Its life: owed, each attempt's beginning and end, what people asked for. An attempt that ends is
 * called by the state that it left. */
const struct detail detail_execution_steps = {
	"steps",
	step_fields,
	"WITH step(seq) AS (SELECT id FROM execution WHERE id = ?1 AND rules <> '' UNION ALL"
	" SELECT seq FROM execution_step WHERE execution = ?1),"
	" told AS (SELECT j.seq, j.received_ms AS ms, portlog_member(j.value, 'what') AS what,"
	" portlog_member(j.value, 'skipped') AS skipped, j.value"
	" FROM step CROSS JOIN journal j ON j.seq = step.seq)"
	" SELECT strftime('%Y-%m-%dT%H:%M:%fZ', ms / 1000.0, 'unixepoch'),"
	" ms - lag(ms) OVER (ORDER BY seq),"
	" CASE what WHEN 'execution.owed' THEN iif(skipped IS NULL, 'owed', 'skipped')"
	" WHEN 'execution.started' THEN 'started'"
	" WHEN 'execution.ended' THEN portlog_member(value, 'state') ELSE what END,"
	" portlog_member(value, 'attempt'), portlog_member(value, 'rule'),"
	" portlog_member(value, 'exit_code'), portlog_member(value, 'http_status'),"
	" strftime('%Y-%m-%dT%H:%M:%fZ', portlog_member(value, 'next') / 1000.0, 'unixepoch'),"
	" portlog_member(value, 'by'), coalesce(portlog_member(value, 'reason'), skipped),"
	" seq, portlog_member(value, 'kind'), portlog_member(value, 'digest'),"
	" portlog_member(value, 'output') FROM told ORDER BY seq",
};

static const struct view_field report_fields[] = {
	FIELD("id", NUMBER, 1, 3),
	FIELD("what", WORD, 1, 8),
	FIELD("state", WORD, 1, 8),
	FIELD("created_at", TIME, 3, 19),
	FIELD("ended_at", TIME, 6, 19),
	FIELD("attempt", NUMBER, 4, 3),
	FIELD("next_at", TIME, 5, 19),
	FIELD("http_status", NUMBER, 2, 3),
	FIELD("answer", JSON, 2, 10),
	/* For machines. */
	FIELD("body", JSON, 0, 10),
	{ 0 },
};

const struct detail detail_execution_reports = {
	"reports",
	report_fields,
	"SELECT v.id, v.what, v.state,"
	" strftime('%Y-%m-%dT%H:%M:%fZ', p.owed_ms / 1000.0, 'unixepoch'),"
	" strftime('%Y-%m-%dT%H:%M:%fZ', p.ended_ms / 1000.0, 'unixepoch'), v.attempt,"
	" CASE v.state WHEN 'pending' THEN strftime('%Y-%m-%dT%H:%M:%fZ',"
	" max(coalesce(t.next_ms, 0), coalesce(p.not_before_ms, 0), p.owed_ms) / 1000.0,"
	" 'unixepoch') END, v.http_status, v.answer, v.body"
	" FROM report p CROSS JOIN reports v ON v.id = p.id"
	" LEFT JOIN report_try t ON t.report = p.id WHERE p.execution = ?1 ORDER BY p.id",
};

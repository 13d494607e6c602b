-- What users rely on (contract.md, "Views"). One text, used twice: stored in the file, where @VALUE@
-- is a plain body's column (NULL where the body is compressed), and laid over it as TEMP views by
-- each portlog connection, where @VALUE@ unpacks. @VIEW@ is CREATE VIEW or CREATE TEMP VIEW. A value
-- that should be there and is not is @LOST@(NULL, seq): NULL in the file (@LOST@ is nullif), an error
-- for a portlog connection (portlog_lost).
--
-- A view must not cost: dictionaries are joined by inner joins (their id 0 is "none"), bodies are
-- taken by scalar subqueries, so that a row that is not shown is not unpacked. LEFT JOIN only where an
-- index leaves out what has none (change_run); who asks for a run's makes an inner join of it. CROSS JOIN (SQLite's
-- word for "in this order") where no index of the left table would help: else a filter on a status
-- begins with every pairing of names there is.

@VIEW@ journal AS
SELECT r.seq,
	CASE r.source WHEN 1 THEN 'kafka' WHEN 2 THEN 'import' WHEN 3 THEN 'local' ELSE 'api' END AS source,
	(SELECT s.topic FROM stream s WHERE s.id = r.stream) AS topic,
	(SELECT s.partition FROM stream s WHERE s.id = r.stream) AS partition,
	(SELECT s.epoch FROM stream s WHERE s.id = r.stream) AS epoch,
	r.kafka_offset,
	r.timestamp_ms,
	CASE r.timestamp_type WHEN 1 THEN 'create' WHEN 2 THEN 'append' ELSE 'none' END AS timestamp_type,
	r.key,
	r.headers,
	coalesce((SELECT @VALUE@ FROM body WHERE body.seq = r.seq),
		CASE WHEN r.body <> 0 THEN @LOST@(NULL, r.seq) END) AS value,
	r.size,
	CASE r.body WHEN 0 THEN 'none' WHEN 1 THEN 'plain' ELSE 'zstd' END AS body,
	r.received_ms,
	CASE r.problem WHEN 0 THEN NULL WHEN 1 THEN 'tombstone' WHEN 2 THEN 'empty' WHEN 3 THEN 'not_json'
		WHEN 4 THEN 'not_utf8' WHEN 5 THEN 'too_deep' ELSE 'unknown_shape' END AS problem
FROM record r;

@VIEW@ changes AS
SELECT c.seq,
	c.idx,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.time_ms / 1000.0, 'unixepoch') AS time,
	c.time_ms,
	operation.text AS operation,
	resource.text AS resource,
	status.text AS status,
	origin.text AS origin,
	u.label AS actor,
	u.user_id,
	blueprint.text AS blueprint,
	e.identifier AS entity,
	c.title,
	run_name.run_id,
	action.text AS action,
	CASE WHEN c.before_length > 0 THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB),
		c.before_start + 1, c.before_length) AS TEXT) FROM body WHERE body.seq = c.seq), @LOST@(NULL, c.seq)) END AS before,
	CASE WHEN c.after_length > 0 THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB),
		c.after_start + 1, c.after_length) AS TEXT) FROM body WHERE body.seq = c.seq), @LOST@(NULL, c.seq)) END AS after,
	c.message,
	CASE c.signature WHEN 0 THEN 'none' WHEN 1 THEN 'good' WHEN 2 THEN 'reprinted' WHEN 3 THEN 'bad'
		ELSE 'unverifiable' END AS signature,
	c.event_id
FROM change c
	CROSS JOIN name operation ON operation.id = c.operation
	CROSS JOIN name resource ON resource.id = c.resource
	CROSS JOIN name status ON status.id = c.status
	CROSS JOIN name origin ON origin.id = c.origin
	CROSS JOIN name action ON action.id = c.action
	JOIN name blueprint ON blueprint.id = c.blueprint
	JOIN entity e ON e.id = c.entity
	JOIN user u ON u.id = c.user
	LEFT JOIN run_name ON run_name.id = c.run_key;

@VIEW@ property_changes AS
SELECT c.seq,
	c.idx,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.time_ms / 1000.0, 'unixepoch') AS time,
	blueprint.text AS blueprint,
	e.identifier AS entity,
	u.label AS actor,
	u.user_id,
	run_name.run_id,
	path.text AS path,
	CASE json_type(j.value, '$[1]')
		WHEN 'integer' THEN NULL
		WHEN 'array' THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB), json_extract(j.value, '$[1][0]') + 1,
			json_extract(j.value, '$[1][1]')) AS TEXT) FROM body WHERE body.seq = p.seq), @LOST@(NULL, p.seq))
		ELSE CASE substr(json_extract(j.value, '$[1]'), 1, 1)
			WHEN '''' THEN json_quote(substr(json_extract(j.value, '$[1]'), 2))
			ELSE json_extract(j.value, '$[1]') END
		END AS old,
	CASE json_type(j.value, '$[2]')
		WHEN 'integer' THEN NULL
		WHEN 'array' THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB), json_extract(j.value, '$[2][0]') + 1,
			json_extract(j.value, '$[2][1]')) AS TEXT) FROM body WHERE body.seq = p.seq), @LOST@(NULL, p.seq))
		ELSE CASE substr(json_extract(j.value, '$[2]'), 1, 1)
			WHEN '''' THEN json_quote(substr(json_extract(j.value, '$[2]'), 2))
			ELSE json_extract(j.value, '$[2]') END
		END AS new,
	c.time_ms,
	(SELECT resource.text FROM name resource WHERE resource.id = c.resource) AS resource
FROM change c
	JOIN property_change p ON p.seq = c.seq
	CROSS JOIN json_each(p.changes) j
	JOIN name path ON path.id = json_extract(j.value, '$[0]')
	JOIN name blueprint ON blueprint.id = c.blueprint
	JOIN entity e ON e.id = c.entity
	JOIN user u ON u.id = c.user
	LEFT JOIN run_name ON run_name.id = c.run_key
WHERE coalesce(json_extract(j.value, '$[3]'), 0) = c.idx;

@VIEW@ runs AS
SELECT run_name.run_id,
	CASE r.kind WHEN 1 THEN 'action' WHEN 2 THEN 'automation' WHEN 3 THEN 'workflow'
		WHEN 4 THEN 'workflow_node' ELSE 'feed' END AS kind,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.time_ms / 1000.0, 'unixepoch') AS time,
	r.time_ms,
	action.text AS action,
	operation.text AS operation,
	blueprint.text AS blueprint,
	e.identifier AS entity,
	r.title,
	u.label AS actor,
	u.user_id,
	origin.text AS origin,
	CASE r.signature WHEN 0 THEN 'none' WHEN 1 THEN 'good' WHEN 2 THEN 'reprinted' WHEN 3 THEN 'bad'
		ELSE 'unverifiable' END AS signature,
	status.text AS status,
	r.port_status,
	r.status_label,
	CASE WHEN r.inputs_length > 0 THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB),
		r.inputs_start + 1, r.inputs_length) AS TEXT) FROM body WHERE body.seq = r.inputs_seq), @LOST@(NULL, r.inputs_seq))
		END AS inputs,
	CASE WHEN r.decision = 1 THEN decider.label END AS approved_by,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.ended_ms / 1000.0, 'unixepoch') AS ended_at,
	r.duration_ms,
	r.summary,
	r.link,
	r.external_run_id,
	(SELECT count(*) FROM execution x WHERE x.run = r.id) AS execution_count,
	r.seq,
	r.last_seq,
	CASE r.decision WHEN 1 THEN 'approved' WHEN 2 THEN 'declined' END AS decision,
	decider.label AS decided_by,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.decided_ms / 1000.0, 'unixepoch') AS decided_at,
	r.decision_reason,
	r.group_id AS "group"
FROM run r
	JOIN run_name ON run_name.id = r.id
	JOIN name action ON action.id = r.action
	JOIN name operation ON operation.id = r.operation
	JOIN name origin ON origin.id = r.origin
	JOIN name status ON status.id = r.status
	JOIN name blueprint ON blueprint.id = r.blueprint
	JOIN entity e ON e.id = r.entity
	JOIN user u ON u.id = r.user
	JOIN user decider ON decider.id = r.decided_by;

@VIEW@ run_events AS
SELECT run_name.run_id,
	v.seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', v.time_ms / 1000.0, 'unixepoch') AS time,
	CASE v.step WHEN 1 THEN 'requested' WHEN 2 THEN 'approved' WHEN 3 THEN 'declined'
		WHEN 4 THEN 'started' WHEN 5 THEN 'log' WHEN 6 THEN 'changed' WHEN 7 THEN 'reported'
		ELSE 'ended' END AS what,
	CASE WHEN v.kind = 5 THEN 'carried record ' || v.seq ELSE v.detail END AS detail,
	u.label AS actor,
	v.idx,
	v.time_ms
FROM run_name
	JOIN run_event v ON v.run = run_name.id
	JOIN user u ON u.id = v.actor
WHERE v.step IN (1, 2, 3, 4, 5, 6, 8)
UNION ALL
-- What Port accepted of our own report ended the run where no message tells its end.
SELECT run_name.run_id,
	v.seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', v.time_ms / 1000.0, 'unixepoch') AS time,
	'ended' AS what,
	coalesce(v.summary, v.status_label, v.port_status) AS detail,
	'portlog' AS actor,
	v.idx,
	v.time_ms
FROM run_name JOIN run_event v ON v.run = run_name.id
WHERE v.step = 7
	AND NOT EXISTS (SELECT 1 FROM run_event o WHERE o.run = v.run AND o.step IN (3, 8))
UNION ALL
SELECT run_name.run_id,
	c.seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', c.time_ms / 1000.0, 'unixepoch') AS time,
	'changed' AS what,
	operation.text || coalesce(' ' || blueprint.text, '') || coalesce('/' || e.identifier, '')
		|| CASE WHEN status.text = 'FAILURE' THEN ' refused'
		WHEN operation.text = 'UPDATE' THEN coalesce(': ' || (SELECT group_concat(
			CASE WHEN path.text LIKE 'properties.%' THEN substr(path.text, 12) ELSE path.text END, ', ')
			FROM property_change p CROSS JOIN json_each(p.changes) j
				JOIN name path ON path.id = json_extract(j.value, '$[0]')
			WHERE p.seq = c.seq AND coalesce(json_extract(j.value, '$[3]'), 0) = c.idx), '')
		ELSE '' END AS detail,
	u.label AS actor,
	c.idx,
	c.time_ms
FROM run_name
	JOIN change c ON c.run_key = run_name.id
	JOIN name operation ON operation.id = c.operation
	JOIN name status ON status.id = c.status
	JOIN name blueprint ON blueprint.id = c.blueprint
	JOIN entity e ON e.id = c.entity
	JOIN user u ON u.id = c.user
WHERE run_name.id <> 0
UNION ALL
SELECT run_name.run_id,
	s.seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', r.received_ms / 1000.0, 'unixepoch') AS time,
	'started' AS what,
	'rule ' || x.rule || ' (' || x.kind || ')' AS detail,
	'portlog' AS actor,
	0 AS idx,
	r.received_ms AS time_ms
FROM run_name
	JOIN execution x ON x.run = run_name.id
	JOIN execution_step s ON s.execution = x.id AND s.starts <> 0
	JOIN record r ON r.seq = s.seq
WHERE run_name.id <> 0
UNION ALL
SELECT run_name.run_id,
	p.last_seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', p.ended_ms / 1000.0, 'unixepoch') AS time,
	CASE p.what WHEN 'log' THEN 'log' ELSE 'reported' END AS what,
	CASE WHEN p.what = 'log' AND json_valid(p.body)
		THEN rtrim(substr(coalesce(json_extract(p.body, '$.message'),
			json_extract(p.body, '$.logs[0].message'), p.what), 1, 200), char(10))
		WHEN p.what = 'status' AND json_valid(p.body)
		THEN 'status' || coalesce(' ' || coalesce(json_extract(p.body, '$.result'),
			json_extract(p.body, '$.status')), '')
		ELSE p.what END
		|| CASE WHEN p.state = 'refused' THEN ' refused' ELSE '' END
		|| CASE WHEN p.http_status >= 300 THEN ' (HTTP ' || p.http_status || ')' ELSE '' END AS detail,
	'portlog' AS actor,
	0 AS idx,
	p.ended_ms AS time_ms
FROM run_name JOIN report p ON p.run = run_name.id
-- Without an answer it was not told: Port had ended the run already.
WHERE run_name.id <> 0 AND p.state <> 'pending' AND p.http_status IS NOT NULL;

@VIEW@ executions AS
SELECT x.id,
	x.seq,
	x.idx,
	iif(x.rules = '' AND x.attempt = 0, NULL, x.rule) AS rule, -- below the execution floor no rule was asked
	iif(x.rules = '' AND x.attempt = 0, NULL, x.kind) AS kind,
	run_name.run_id,
	x.state,
	x.reason,
	x.attempt,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.created_ms / 1000.0, 'unixepoch') AS created_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.started_ms / 1000.0, 'unixepoch') AS started_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.ended_ms / 1000.0, 'unixepoch') AS ended_at,
	x.exit_code,
	x.http_status,
	x.output,
	strftime('%Y-%m-%dT%H:%M:%fZ', x.next_ms / 1000.0, 'unixepoch') AS next_at,
	x.last_seq
FROM execution x JOIN run_name ON run_name.id = x.run;

@VIEW@ reports AS
SELECT p.id,
	p.execution AS execution_id,
	run_name.run_id,
	p.what,
	p.body,
	p.state,
	CASE p.state WHEN 'pending' THEN coalesce((SELECT t.attempt FROM report_try t WHERE t.report = p.id), 0)
		ELSE p.attempt END AS attempt,
	CASE p.state WHEN 'pending' THEN (SELECT t.http_status FROM report_try t WHERE t.report = p.id)
		ELSE p.http_status END AS http_status,
	p.answer
FROM report p JOIN run_name ON run_name.id = p.run;

@VIEW@ gaps AS
SELECT s.topic,
	s.partition,
	s.epoch,
	g.first_offset,
	g.last_offset,
	g.reason,
	strftime('%Y-%m-%dT%H:%M:%fZ', g.found_ms / 1000.0, 'unixepoch') AS found_at
FROM gap g JOIN stream s ON s.id = g.stream;

@VIEW@ users AS
SELECT u.user_id,
	CASE u.kind WHEN 1 THEN 'person' WHEN 2 THEN 'machine' ELSE 'port' END AS kind,
	u.email,
	u.name,
	strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen_ms / 1000.0, 'unixepoch') AS first_seen_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', u.last_seen_ms / 1000.0, 'unixepoch') AS last_seen_at
FROM user u
WHERE u.id > 0;

@VIEW@ entities AS
SELECT blueprint.text AS blueprint,
	e.identifier AS entity,
	t.title,
	CASE WHEN t.state_length > 0 THEN coalesce((SELECT CAST(substr(CAST(@VALUE@ AS BLOB),
		t.state_start + 1, t.state_length) AS TEXT) FROM body WHERE body.seq = t.seq), @LOST@(NULL, t.seq)) END AS state,
	t.deleted,
	strftime('%Y-%m-%dT%H:%M:%fZ', t.time_ms / 1000.0, 'unixepoch') AS time,
	t.seq
FROM entity_state t
	JOIN entity e ON e.id = t.entity
	JOIN name blueprint ON blueprint.id = e.blueprint;

@VIEW@ positions AS
SELECT s.topic,
	s.partition,
	s.epoch,
	p.next_offset
FROM position p JOIN stream s ON s.id = p.stream;

@VIEW@ checkpoints AS
SELECT k.size,
	lower(hex(k.root)) AS root,
	strftime('%Y-%m-%dT%H:%M:%fZ', k.time_ms / 1000.0, 'unixepoch') AS time,
	k.note
FROM checkpoint k;

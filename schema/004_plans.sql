-- What keeps selective questions quick at millions of records.

-- Names are found without regard to case by the indexes that regard it (query/spelling.h).
DROP INDEX entity_nocase;
CREATE INDEX user_name ON user (name) WHERE name IS NOT NULL;

-- projection: between which times the records of a segment of the journal lie. Records come nearly
-- in the order of time: what lies in a range of time is in few segments, and so is the newest of
-- whatever full text finds.
CREATE TABLE record_span (
	segment INTEGER PRIMARY KEY,    -- seq >> 12
	first_ms INTEGER NOT NULL,      -- of records: Kafka's timestamp, else when it was received
	last_ms INTEGER NOT NULL,
	change_first_ms INTEGER,        -- of their changes; NULL: they have none
	change_last_ms INTEGER
) STRICT;
-- Readers come before the projections are made anew.
INSERT INTO record_span
SELECT r.segment, r.first_ms, r.last_ms, c.first_ms, c.last_ms
FROM (SELECT seq >> 12 AS segment, min(coalesce(timestamp_ms, received_ms)) AS first_ms,
	max(coalesce(timestamp_ms, received_ms)) AS last_ms FROM record GROUP BY 1) r
LEFT JOIN (SELECT seq >> 12 AS segment, min(time_ms) AS first_ms, max(time_ms) AS last_ms
	FROM change GROUP BY 1) c ON c.segment = r.segment;

-- Most runs have no status: those of automations.
DROP INDEX run_status;
CREATE INDEX run_status ON run (status, time_ms) WHERE status <> 0;

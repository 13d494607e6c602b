-- Counters for `portlog stats`.

-- projection: how many changes there were in each quarter of an hour of UTC. All zones in use today
-- are whole quarters away from UTC, so this serves days, hours and weekdays in each of them. No
-- blueprint, action, user or entity: those have indexes that hold the time, too, and a row for each
-- of them would make as many counters as there are changes.
CREATE TABLE change_counter (
	quarter INTEGER NOT NULL,       -- time_ms divided by 900,000, rounded down
	operation INTEGER NOT NULL,     -- name, as are the following
	resource INTEGER NOT NULL,
	status INTEGER NOT NULL,
	origin INTEGER NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (quarter, operation, resource, status, origin)
) STRICT, WITHOUT ROWID;

-- Runs are not counted beforehand: what is known of a run changes, and a median needs each duration.
-- This index alone tells how many there were, how they ended and how long they took.
DROP INDEX run_time;
CREATE INDEX run_time ON run (time_ms, status, ended_ms);

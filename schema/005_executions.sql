-- What rules made of records, and what Port is told of it. No recorder has filled these projections
-- before: they are made anew.

-- projection: executions, each the fold of its local records. What was never an execution, because
-- no candidate's `when` held, has no row.
DROP TABLE execution;
CREATE TABLE execution (
	id INTEGER PRIMARY KEY,         -- seq of the local record that says that it is owed
	seq INTEGER NOT NULL,           -- the record that owes it, which comes before
	idx INTEGER NOT NULL,           -- which of its events
	run INTEGER NOT NULL,           -- run_name
	once INTEGER NOT NULL,          -- the run is executed by this one alone
	rules TEXT NOT NULL,            -- JSON: the candidates, as that record names them
	rule TEXT NOT NULL,             -- of the latest attempt; before, the first candidate
	digest TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,            -- words of enum execution_state
	born_skipped INTEGER NOT NULL,  -- it never was owed
	reason TEXT,
	attempt INTEGER NOT NULL,       -- 0: none was begun
	created_ms INTEGER NOT NULL,
	started_ms INTEGER,             -- of the latest attempt
	ended_ms INTEGER,
	next_ms INTEGER,                -- waiting: when the next attempt is due
	exit_code INTEGER,              -- these three: of the latest attempt that has ended
	http_status INTEGER,
	output TEXT
) STRICT;
CREATE INDEX execution_run ON execution (run);
CREATE INDEX execution_state ON execution (state);
-- What a recorder reads at its start: few, however many have ended.
CREATE INDEX execution_open ON execution (id) WHERE state IN ('owed', 'running', 'waiting');
CREATE INDEX execution_skipped ON execution (id) WHERE born_skipped <> 0;

-- projection: what Port is told, likewise.
DROP TABLE report;
CREATE TABLE report (
	id INTEGER PRIMARY KEY,         -- seq of the local record that says that it is owed
	execution INTEGER,              -- NULL: of none
	run INTEGER NOT NULL,           -- run_name
	what TEXT NOT NULL,
	body TEXT,                      -- JSON; NULL: none, or too long to be shown
	state TEXT NOT NULL,            -- pending, sent, refused
	attempt INTEGER NOT NULL,       -- while pending report_try has it
	http_status INTEGER,
	answer TEXT,
	owed_ms INTEGER NOT NULL,
	not_before_ms INTEGER,
	ended_ms INTEGER,               -- sent or refused
	last_seq INTEGER NOT NULL       -- the local record that says what state it is in
) STRICT;
CREATE INDEX report_run ON report (run);
CREATE INDEX report_execution ON report (execution) WHERE execution IS NOT NULL;
CREATE INDEX report_pending ON report (id) WHERE state = 'pending';

-- projection: below which offset nothing of a partition is executed, as recorders found it.
CREATE TABLE floor (
	stream INTEGER PRIMARY KEY,
	"offset" INTEGER NOT NULL       -- the highest that was found
) STRICT;

-- working state: how often a pending report was tried, and when it is tried again. An outage of
-- Port's must not fill the journal.
CREATE TABLE report_try (
	report INTEGER PRIMARY KEY,
	attempt INTEGER NOT NULL,
	next_ms INTEGER NOT NULL,
	http_status INTEGER             -- of the latest answer; NULL: there was none
) STRICT;

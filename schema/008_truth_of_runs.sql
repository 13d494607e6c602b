-- What was decided of a run, by whom and when; when Port made it; who took each step.

-- projection: run and run_event, further columns.
ALTER TABLE run RENAME COLUMN approved_by TO decided_by;
ALTER TABLE run ADD COLUMN decision INTEGER NOT NULL DEFAULT 0; -- enum run_decision
ALTER TABLE run ADD COLUMN decided_ms INTEGER;
ALTER TABLE run ADD COLUMN decision_reason TEXT;
ALTER TABLE run ADD COLUMN group_id TEXT;       -- the workflow's run that a node's run is part of
ALTER TABLE run ADD COLUMN created_ms INTEGER;  -- as Port says
-- From where Port made it, if it says so, to its end. NULL where one of both is not known: a run of
-- which only the end was recorded may have ended before the first that is known of it.
-- (No generated column: an index that holds one does not serve by itself.)
ALTER TABLE run ADD COLUMN duration_ms INTEGER;
ALTER TABLE run_event RENAME COLUMN approved_by TO decided_by;
ALTER TABLE run_event ADD COLUMN actor INTEGER NOT NULL DEFAULT 0;    -- user
ALTER TABLE run_event ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run_event ADD COLUMN decision_reason TEXT;
ALTER TABLE run_event ADD COLUMN group_id TEXT;
ALTER TABLE run_event ADD COLUMN created_ms INTEGER;

-- projection: which of its local records began an attempt.
ALTER TABLE execution_step ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;

-- A feed has what changed last at its end.
CREATE INDEX run_last_seq ON run (last_seq, kind);
ALTER TABLE execution ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0; -- the record that changed it
CREATE INDEX execution_last_seq ON execution (last_seq);

-- The changes of a run are found from SQL, too: `changes` WHERE run_id = …, and JOIN runs.

-- A partial index serves a join only where what is joined cannot be NULL: 0, for none, is NULL here.
-- Most changes have none, so an index of all would be seven times as large.
ALTER TABLE change ADD COLUMN run_key INTEGER AS (nullif(run, 0)) VIRTUAL;
DROP INDEX change_run;
CREATE INDEX change_run ON change (run_key) WHERE run_key IS NOT NULL;

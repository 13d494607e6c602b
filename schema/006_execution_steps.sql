-- What `portlog executions` finds without reading all of them.

-- projection: which local records, behind the one that has its id, told something of an execution
-- that counted: attempts begun and ended, retries and cancellations asked for. What they tell stands
-- in them: the row of `execution` has only the latest attempt.
CREATE TABLE execution_step (
	execution INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (execution, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX execution_rule ON execution (rule);

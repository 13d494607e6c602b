-- Runs of automations that only send events to portlog (kind 5, feed) may be many times as many as those
-- that people ask for, and most listings leave them out: the indexes that are walked tell the kind.
DROP INDEX run_time;
CREATE INDEX run_time ON run (time_ms, kind, status, duration_ms);
DROP INDEX run_user;
CREATE INDEX run_user ON run (user, time_ms, kind);
CREATE INDEX run_feed ON run (seq) WHERE kind = 5;

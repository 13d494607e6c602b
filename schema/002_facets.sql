-- Fewer rows and fewer indexes for each message: what a change changed stands in one row per record;
-- blueprints, actions and property paths are found by the full text (event/words.h, facets). The
-- projections among these the recorder makes anew.

-- projection: what the record's changes changed, as JSON: [[path, old, new, idx], …]; idx is left
-- out where it is 0, path is a name. A value is 0 where there is none, the range [start, length] of
-- the record's value where it is longer than 200 bytes, else a string: ' and the text of a string
-- that has no escapes in it, or JSON text.
DROP TABLE property_change;
CREATE TABLE property_change (
	seq INTEGER PRIMARY KEY,
	changes TEXT NOT NULL
) STRICT;

DROP INDEX change_blueprint;
DROP INDEX change_action;
DROP INDEX change_run;
CREATE INDEX change_run ON change (run) WHERE run <> 0;
DROP INDEX run_blueprint;
DROP INDEX run_action;

-- A link is short and stands plainly, as other tools see it.
ALTER TABLE run DROP COLUMN link_seq;
ALTER TABLE run DROP COLUMN link_start;
ALTER TABLE run DROP COLUMN link_length;
ALTER TABLE run ADD COLUMN link TEXT;
-- How late its last event is: one behind it is added to the row, without reading the others.
ALTER TABLE run ADD COLUMN last_ms INTEGER NOT NULL DEFAULT 0;

-- What a batch adds is written once, and merged rarely (measured: a quarter of what full text costs).
INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
INSERT INTO search (search, rank) VALUES ('automerge', 16);

-- A leaf of the tree is the hash of what stands in its record: it is computed when it is asked for.
ALTER TABLE record DROP COLUMN leaf;

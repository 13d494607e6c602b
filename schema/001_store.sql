-- The tables. Each comment names its kind: truth (the journal; never rebuilt), projection (a
-- function of the journal, rebuilt by reindex), cache (derivable, filled as needed) or working
-- state (not history). The views that users rely on are in views.sql.

-- truth: what this store is. One row.
CREATE TABLE store (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	uuid TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	fingerprint TEXT NOT NULL,      -- of the decoder that made the projections
	views TEXT NOT NULL             -- digest of the views.sql that is in force
) STRICT;

-- truth: topics, partitions and how often they were made anew. id 0: none of it.
CREATE TABLE stream (
	id INTEGER PRIMARY KEY,
	topic TEXT,
	partition INTEGER,              -- NULL: none
	epoch INTEGER                   -- NULL: none
) STRICT;
CREATE UNIQUE INDEX stream_name ON stream (topic, partition, epoch);
INSERT INTO stream (id) VALUES (0);

-- truth: the journal, without the values.
CREATE TABLE record (
	seq INTEGER PRIMARY KEY,        -- 1, 2, 3 … without holes
	source INTEGER NOT NULL,        -- enum record_source
	stream INTEGER NOT NULL,
	kafka_offset INTEGER,
	timestamp_ms INTEGER,
	timestamp_type INTEGER NOT NULL, -- enum timestamp_type
	received_ms INTEGER NOT NULL,
	size INTEGER,                   -- of the value in bytes; NULL: a tombstone
	body INTEGER NOT NULL,          -- how the value is kept: 0 none, 1 plain, 2 zstd
	problem INTEGER NOT NULL,       -- enum record_problem
	key ANY,                        -- TEXT where it is valid UTF-8 without NUL, else BLOB
	headers TEXT,                   -- as in the hashed form
	leaf BLOB NOT NULL              -- SHA-256 of the hashed form: the tree's leaf
) STRICT;
CREATE UNIQUE INDEX record_offset ON record (stream, kafka_offset) WHERE kafka_offset IS NOT NULL;
CREATE INDEX record_problem ON record (problem) WHERE problem <> 0;

-- truth: the values. dictionary NULL: plain, TEXT where it is valid UTF-8 without NUL, else BLOB;
-- 0: zstd without a dictionary.
CREATE TABLE body (
	seq INTEGER PRIMARY KEY,
	dictionary INTEGER,
	bytes ANY NOT NULL
) STRICT;

-- truth: zstd dictionaries, without which bodies can't be read.
CREATE TABLE dictionary (
	id INTEGER PRIMARY KEY,
	bytes BLOB NOT NULL
) STRICT;

-- truth: signed tree heads.
CREATE TABLE checkpoint (
	size INTEGER PRIMARY KEY,
	root BLOB NOT NULL,
	time_ms INTEGER NOT NULL,
	note TEXT NOT NULL
) STRICT;

-- cache: roots of complete subtrees of the Merkle tree, for every fourth level from 4 on. The ones
-- between are computed from these, level 0 is record.leaf.
CREATE TABLE node (
	level INTEGER NOT NULL,
	position INTEGER NOT NULL,      -- first leaf >> level
	hash BLOB NOT NULL,
	PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- cache: interned texts (blueprints, actions, operations, origins, paths …). id 0: none.
CREATE TABLE name (
	id INTEGER PRIMARY KEY,
	text TEXT
) STRICT;
CREATE UNIQUE INDEX name_text ON name (text);
INSERT INTO name (id) VALUES (0);

-- cache: entities by blueprint and identifier. id 0: none.
CREATE TABLE entity (
	id INTEGER PRIMARY KEY,
	blueprint INTEGER NOT NULL,     -- name
	identifier TEXT
) STRICT;
CREATE UNIQUE INDEX entity_identifier ON entity (identifier, blueprint);
CREATE INDEX entity_nocase ON entity (identifier COLLATE NOCASE);
CREATE INDEX entity_blueprint ON entity (blueprint);
INSERT INTO entity (id, blueprint) VALUES (0, 0);

-- cache: run ids. id 0: none.
CREATE TABLE run_name (
	id INTEGER PRIMARY KEY,
	run_id TEXT
) STRICT;
CREATE UNIQUE INDEX run_name_run_id ON run_name (run_id);
INSERT INTO run_name (id) VALUES (0);

-- projection: people and machines. id 0: nobody.
CREATE TABLE user (
	id INTEGER PRIMARY KEY,
	user_id TEXT,
	kind INTEGER NOT NULL,          -- 1 person, 2 machine, 3 Port itself
	email TEXT,
	name TEXT,
	label TEXT GENERATED ALWAYS AS (coalesce(email, name, user_id)) STORED,
	first_seen_ms INTEGER,
	last_seen_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX user_user_id ON user (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX user_email ON user (email) WHERE email IS NOT NULL;
CREATE INDEX user_label ON user (label);
INSERT INTO user (id, kind) VALUES (0, 0);

-- projection: changes of the catalog. before and after are ranges of the record's value; a length
-- of 0 means absent.
CREATE TABLE change (
	seq INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	operation INTEGER NOT NULL,     -- name, as are resource, status, origin and action
	resource INTEGER NOT NULL,
	status INTEGER NOT NULL,
	origin INTEGER NOT NULL,
	user INTEGER NOT NULL,
	blueprint INTEGER NOT NULL,     -- name
	entity INTEGER NOT NULL,
	run INTEGER NOT NULL,           -- run_name
	action INTEGER NOT NULL,
	signature INTEGER NOT NULL,     -- enum signature_status
	before_start INTEGER NOT NULL,
	before_length INTEGER NOT NULL,
	after_start INTEGER NOT NULL,
	after_length INTEGER NOT NULL,
	title TEXT,
	message TEXT,
	event_id TEXT,
	PRIMARY KEY (seq, idx)
) STRICT, WITHOUT ROWID;
-- Entities and users come in any order, so an index that begins with one of them would change pages
-- all over the file with each batch. These begin with the record's segment of 65,536 seqs instead:
-- only the newest segment's pages change, and SQLite's skip-scan (told of by sqlite_stat1, which
-- store/schema.c fills) finds an entity in one step per segment.
CREATE INDEX change_entity ON change (seq >> 16, entity, time_ms);
CREATE INDEX change_user ON change (seq >> 16, user, time_ms);
CREATE INDEX change_time ON change (time_ms);
CREATE INDEX change_blueprint ON change (blueprint, time_ms);
CREATE INDEX change_run ON change (run);
CREATE INDEX change_action ON change (action, time_ms) WHERE action <> 0;

-- projection: the properties that a change changed. Values of up to 200 bytes stand here, longer
-- ones are ranges of the record's value.
CREATE TABLE property_change (
	seq INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	path INTEGER NOT NULL,          -- name
	old TEXT,
	new TEXT,
	old_start INTEGER,
	old_length INTEGER,
	new_start INTEGER,
	new_length INTEGER,
	PRIMARY KEY (seq, idx, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX property_change_path ON property_change (path);

-- projection: the latest known state of each entity, by (time_ms, seq, idx).
CREATE TABLE entity_state (
	entity INTEGER PRIMARY KEY,
	seq INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	deleted INTEGER NOT NULL,
	state_start INTEGER NOT NULL,   -- a range of the value of the record seq
	state_length INTEGER NOT NULL,
	title TEXT
) STRICT;

-- projection: runs, each the fold of its run_events.
CREATE TABLE run (
	id INTEGER PRIMARY KEY,         -- run_name
	kind INTEGER NOT NULL,          -- enum run_kind
	time_ms INTEGER NOT NULL,
	action INTEGER NOT NULL,
	operation INTEGER NOT NULL,
	blueprint INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	user INTEGER NOT NULL,
	origin INTEGER NOT NULL,
	signature INTEGER NOT NULL,
	status INTEGER NOT NULL,
	approved_by INTEGER NOT NULL,   -- user
	port_status TEXT,
	status_label TEXT,
	title TEXT,
	inputs_seq INTEGER,             -- inputs and link are ranges of the values of these records
	inputs_start INTEGER,
	inputs_length INTEGER,
	ended_ms INTEGER,
	summary TEXT,
	link_seq INTEGER,
	link_start INTEGER,
	link_length INTEGER,
	external_run_id TEXT,
	seq INTEGER NOT NULL,
	last_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX run_time ON run (time_ms);
CREATE INDEX run_entity ON run (entity, time_ms);
CREATE INDEX run_user ON run (user, time_ms);
CREATE INDEX run_blueprint ON run (blueprint, time_ms);
CREATE INDEX run_action ON run (action, time_ms);
CREATE INDEX run_status ON run (status, time_ms);
CREATE INDEX run_seq ON run (seq);

-- projection: what each record tells of a run; enough to fold the run anew.
CREATE TABLE run_event (
	run INTEGER NOT NULL,           -- run_name
	seq INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	step INTEGER NOT NULL,          -- enum run_step
	requests INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	action INTEGER NOT NULL,
	operation INTEGER NOT NULL,
	blueprint INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	user INTEGER NOT NULL,
	origin INTEGER NOT NULL,
	signature INTEGER NOT NULL,
	status INTEGER NOT NULL,
	approved_by INTEGER NOT NULL,
	port_status TEXT,
	status_label TEXT,
	title TEXT,
	inputs_start INTEGER,
	inputs_length INTEGER,
	ended_ms INTEGER,
	summary TEXT,
	link_start INTEGER,
	link_length INTEGER,
	external_run_id TEXT,
	detail TEXT,
	PRIMARY KEY (run, seq, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_event_seq ON run_event (seq);

-- projection: offsets that are not here, from local records.
CREATE TABLE gap (
	seq INTEGER PRIMARY KEY,        -- the local record that says so
	stream INTEGER NOT NULL,
	first_offset INTEGER NOT NULL,
	last_offset INTEGER NOT NULL,
	reason TEXT NOT NULL,
	found_ms INTEGER NOT NULL
) STRICT;

-- projection: how often a record without an offset was imported.
CREATE TABLE imported (
	digest BLOB PRIMARY KEY,
	count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- projection: executions, and what Port was told of them.
CREATE TABLE execution (
	id INTEGER PRIMARY KEY,
	seq INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	rule TEXT NOT NULL,
	kind TEXT NOT NULL,
	run INTEGER NOT NULL,
	state TEXT NOT NULL,
	reason TEXT,
	attempt INTEGER NOT NULL,
	created_ms INTEGER NOT NULL,
	started_ms INTEGER,
	ended_ms INTEGER,
	exit_code INTEGER,
	http_status INTEGER,
	output TEXT
) STRICT;
CREATE INDEX execution_run ON execution (run);
CREATE TABLE report (
	id INTEGER PRIMARY KEY,
	execution INTEGER,
	run INTEGER NOT NULL,
	what TEXT NOT NULL,
	body TEXT,
	state TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	http_status INTEGER,
	answer TEXT
) STRICT;
CREATE INDEX report_run ON report (run);

-- projection: full text. Contentless; rowid is seq; a hit is checked against the record's words.
-- The words come lower-cased and one space apart, so the tokenizer only has to keep them whole.
CREATE VIRTUAL TABLE search USING fts5 (
	words, content = '', columnsize = 0, detail = none,
	tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'"
);

-- working state: the next offset to record.
CREATE TABLE position (
	stream INTEGER PRIMARY KEY,
	next_offset INTEGER NOT NULL
) STRICT;

#!/bin/bash
# Stored bytes that are not what they were: what needs them fails with exit status 3 and says which
# record it is; nothing is shown in their place, and nothing is changed.
. "$SRCDIR/tests/lib.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not here"

# lines FIRST LAST MESSAGE: that message at these offsets
lines() {
	python3 -c 'import json, sys
first, last, message = sys.argv[1:]
payload = open(message).read().strip()
for offset in range(int(first), int(last) + 1):
    print(json.dumps({"topic": "t", "partition": 0, "offset": offset, "payload": payload}))' \
		"$1" "$2" "$SRCDIR/tests/data/messages/$3.json"
}
lines 0 0 v02_entity_created >lines
lines 1 1 v13_run_created >>lines
ok 'the history is here' portlog import lines

# A record says that it has a value, and the store has none.
sqlite3 "$PORTLOG_STORE" 'CREATE TABLE kept AS SELECT * FROM body; DELETE FROM body'
missing() {
	run portlog "${@:2}"
	check "a missing value: ${*:2}" "$status ${err##*: the value of record }" \
		"3 $1 is missing: the store is damaged or was altered"
}
missing '1 (t[0]@0)' show 1
missing '1 (t[0]@0)' show 1 --raw
missing '1 (t[0]@0)' show service/ledger
missing '1 (t[0]@0)' diff 1
missing '1 (t[0]@0)' log -o json --columns all
missing '2 (t[0]@1)' runs -o json --columns all
missing '2 (t[0]@1)' records -o json --columns seq,value
missing '1 (t[0]@0)' export
missing '1 (t[0]@0)' sql 'SELECT value FROM journal ORDER BY seq'
missing '1 (t[0]@0)' sql 'SELECT state FROM entities'
missing '1 (t[0]@0)' reindex
ok 'what needs no value is shown' portlog log
check 'other tools see NULL' "$(sqlite3 -readonly "$PORTLOG_STORE" 'SELECT count(*), count(value) FROM journal')" '2|0'

# A packed value that is no zstd frame.
sqlite3 "$PORTLOG_STORE" "INSERT INTO body SELECT seq, 0, x'00112233' FROM kept"
damaged() {
	run portlog "$@"
	check "a damaged value: $*" "$status ${err##*: record }" \
		"3 1: a packed value is damaged: no valid zstd frame"
}
damaged show 1
damaged export
damaged sql 'SELECT value FROM journal'

sqlite3 "$PORTLOG_STORE" 'DELETE FROM body; INSERT INTO body SELECT * FROM kept; DROP TABLE kept'
ok 'with the values all is well again' portlog reindex

# reindex does not take what was altered for what was recorded. The tree keeps a hash for each 16
# records, and one for each of those after them.
lines 2 40 v13_run_created >>lines
ok 'a longer history' portlog import lines
state() {
	sqlite3 -readonly "$PORTLOG_STORE" 'SELECT * FROM change; SELECT * FROM run_event; SELECT * FROM search_content' 2>&1
}
altered() {
	cp "$PORTLOG_STORE" kept.db
	sqlite3 "$PORTLOG_STORE" "$2"
	state >before
	run portlog reindex
	check "altered: $2" "$status ${err#portlog: cannot reindex; nothing is changed: }" "3 $1: the store is damaged or was altered"
	state >after
	ok 'nothing is changed' cmp before after
	mv kept.db "$PORTLOG_STORE"
}
altered 'record 41 (t[0]@40) is not as it was recorded' \
	"UPDATE body SET bytes = replace(bytes, 'r_', 'q_') WHERE seq = 41"
altered 'record 33 (t[0]@32) is not as it was recorded' "UPDATE record SET key = 'k' WHERE seq = 33"
altered 'one of the records 17 (t[0]@16) to 32 (t[0]@31) is not as it was recorded' \
	'UPDATE record SET received_ms = received_ms + 1 WHERE seq = 20'
altered 'one of the records 1 (t[0]@0) to 16 (t[0]@15) is not as it was recorded' \
	"UPDATE body SET bytes = (SELECT bytes FROM body WHERE seq = 1) WHERE seq = 2"
altered 'record 20 is missing' 'DELETE FROM record WHERE seq = 20'
ok 'unaltered again' portlog reindex
check 'also in a store that kept no leaves of the last records' \
	"$(sqlite3 "$PORTLOG_STORE" 'DELETE FROM node WHERE level = 0' && portlog reindex -q && sqlite3 "$PORTLOG_STORE" \
		'SELECT min(position), max(position), count(*) FROM node WHERE level = 0')" '32|40|9'

done_testing

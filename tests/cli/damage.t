#!/bin/bash
# Stored bytes that are not what they were: what needs them fails with exit status 3 and says which
# record it is; nothing is shown in their place, and nothing is changed.
. "$SRCDIR/tests/lib.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not here"

message() {
	tr -d '\n' <"$SRCDIR/tests/data/messages/$1.json" >message
	python3 -c 'import json, sys
print(json.dumps({"topic": "t", "partition": 0, "offset": int(sys.argv[1]), "payload": open("message").read()}))' "$2"
}
message v02_entity_created 0 >lines
message v13_run_created 1 >>lines
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

done_testing

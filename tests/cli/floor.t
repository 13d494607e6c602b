#!/bin/bash
# Runs that were asked for before the recorder's first start are below its execution floor: one local
# record for each partition says where that is. They are executed by nobody, nothing is recorded or
# reported of each, and `executions` shows them as skipped; a person can have one executed all the same.
. "$SRCDIR/tests/lib.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not here"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
RUNS=${PORTLOG_TEST_RUNS:-2500}
background "$TOOLS/mock" org_t.runs:2 org_t.change.log:1
wait_for 10 test -s "$LOGS/$pid.out"
brokers=$(cat "$LOGS/$pid.out")

ask() { # FIRST LAST: runs
	python3 -c 'import json, sys
for i in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    message = {"action": "deploy", "resourceType": "run", "status": "TRIGGERED",
               "trigger": {"at": "2026-11-05T10:00:00Z", "by": {"userId": "u1"}, "origin": "UI"},
               "context": {"entity": "cart", "blueprint": "service", "runId": f"r_{i}"},
               "payload": {"action": {"identifier": "deploy"}, "properties": {}}}
    print(json.dumps({"topic": "org_t.runs", "partition": i % 2, "payload": json.dumps(message)}))' "$@" |
		"$TOOLS/produce" -b "$brokers"
}
db() {
	sqlite3 -readonly "$PORTLOG_STORE" "$1"
}
is() { # QUERY RESULT
	[ "$(db "$1" 2>/dev/null)" = "$2" ]
}
start() {
	background "$PORTLOG" --config config.json record --brokers "$brokers" --group "org_t.$1" -X fetch.wait.max.ms=50
	recorder=$pid
}

cat >config.json <<'END_OF_FILE'
{"org": "org_t", "execution": {"max_age": "100w"},
 "rules": [{"name": "deploy", "match": {"action": "deploy"}, "exec": {"argv": ["true"]}}]}
END_OF_FILE

ask 1 "$RUNS"
start one
ok 'what was there is recorded' wait_for 60 is "SELECT count(*) FROM journal WHERE source = 'kafka'" "$RUNS"
ask $((RUNS + 1)) $((RUNS + 2))
ok 'what comes then is executed' wait_for 30 is "SELECT count(*) FROM executions WHERE state = 'succeeded'" 2
check 'what was there is skipped' "$(db "SELECT state, reason, rule, kind, attempt, count(*), count(DISTINCT run_id)
	FROM executions WHERE state <> 'succeeded' GROUP BY 1, 2, 3, 4, 5")" "skipped|below the execution floor|||0|$RUNS|$RUNS"
check 'a record for each partition, and none for each run' \
	"$(db "SELECT json_extract(value, '$.what'), count(*) FROM journal WHERE source = 'local'
		AND json_extract(value, '$.what') NOT IN ('dictionary', 'config') GROUP BY 1")" \
	'execution.ended|2
execution.owed|2
execution.started|2
floor|3'
check 'none is told to Port' "$(db 'SELECT count(*) FROM reports')" 0
check 'they are listed' "$(portlog executions --status skipped --count) $(portlog executions --rule deploy --count)" "$RUNS 2"
check 'with their run' "$(portlog executions --run r_7 -o text --columns state,rule,run_id,attempt,reason)" \
	$'skipped\t\tr_7\t0\tbelow the execution floor'

# Asked for once more, by Port: the run is another one's, or nobody's.
ask 7 7
ask $((RUNS + 3)) $((RUNS + 3))
ok 'it goes on' wait_for 30 is "SELECT count(*) FROM executions WHERE state = 'succeeded'" 3
check 'a run below the floor is not executed by a later message' "$(db "SELECT state, count(*) FROM executions WHERE run_id = 'r_7'")" 'skipped|1'

# By a person.
run portlog executions retry r_7 --reason 'it was lost'
check 'not without --again' "$status ${err#*execution *: }" '1 it was skipped; --again has it executed all the same'
ok 'a person may' portlog executions retry r_7 --reason 'it was lost' --again
ok 'by the rules as they are now' wait_for 30 is \
	"SELECT state, rule, attempt FROM executions WHERE run_id = 'r_7'" 'succeeded|deploy|1'

stop "$recorder"
db 'SELECT * FROM execution ORDER BY id' >before
start two
ok 'in another group it starts' wait_for 30 grep -q 'execution floor' "$LOGS/$recorder.err"
stop "$recorder"
ok 'read again' portlog --config config.json reindex -q
db 'SELECT * FROM execution ORDER BY id' >after
ok 'the executions are the same' cmp before after

done_testing

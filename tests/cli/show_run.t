#!/bin/bash
# show RUN: its whole life, in order of time, however the records arrived: who asked, who approved, what
# it changed, how it ended; how long each step took, and all of it.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/cli/history.sh"
export COLUMNS=110

{
	change 2026-11-05T10:07:00Z UPDATE service/cart '{"version":"1","a":1}' '{"version":"2","a":2}' ci r_d
	automation 2026-11-05T10:05:01Z r_f forward \
		"$(run_event 2026-11-05T10:05:00Z r_d deploy IN_PROGRESS ana vik)"
	request 2026-11-05T10:00:00Z r_d deploy service/cart ana
	change 2026-11-05T10:06:30.5Z CREATE pod/p1 null '{"a":1}' ci r_d
	change 2026-11-05T10:06:40Z UPDATE pod/p2 '{"a":1}' '{"a":2}' ci r_d FAILURE
	automation 2026-11-05T10:09:01Z r_f2 forward \
		"$(run_event 2026-11-05T10:09:00Z r_d deploy SUCCESS ana)"
} >messages
record messages

portlog show r_d | sed -n '/^TIME/,/^$/p' >shown
check 'each step, and how long after the one before it' "$(cat shown)" <<'END'
TIME UTC              AFTER   TOTAL  SEQ  WHAT       ACTOR  DETAIL
2026-11-05 10:00:00                    3  requested  ana
2026-11-05 10:05:00  5m 00s  5m 00s    2  approved   vik    fine
2026-11-05 10:06:30  1m 30s  6m 30s    4  changed    ci     CREATE pod/p1
2026-11-05 10:06:40    9.5s  6m 40s    5  changed    ci     UPDATE pod/p2 refused
2026-11-05 10:07:00   20.0s  7m 00s    1  changed    ci     UPDATE service/cart: version, a
2026-11-05 10:09:00  2m 00s  9m 00s    6  ended      ana    SUCCESS
END
check 'the same for machines' "$(portlog show r_d -o json | python3 -c '
import json, sys
for e in json.load(sys.stdin)["events"]:
    print(e["after_ms"], e["total_ms"], e["seq"], e["what"], e["actor"], sep="|")')" <<'END'
None|None|3|requested|ana
300000|300000|2|approved|vik
90500|390500|4|changed|ci
9500|400000|5|changed|ci
20000|420000|1|changed|ci
120000|540000|6|ended|ana
END
check 'what is told in all is how long it took' "$(portlog show r_d -o json | python3 -c '
import json, sys
run = json.load(sys.stdin)
print(run["duration_ms"] == run["events"][-1]["total_ms"] == sum(e["after_ms"] or 0 for e in run["events"]))')" True
check 'no executions and no reports yet' "$(portlog show r_d -o json | python3 -c '
import json, sys
run = json.load(sys.stdin)
print(run["executions"], run["reports"])')" '[] []'

# An execution and its reports, as a recorder writes them: an export with them restores all of it.
local_records() { # HOW-MANY-ARE-HERE; TIME JSON on each line
	python3 -c '
import datetime, json, sys
seq = int(sys.argv[1])
for line in sys.stdin:
    time, value = line.split(None, 1)
    seq += 1
    at = datetime.datetime.fromisoformat("2026-11-05T" + time + "+00:00").timestamp()
    print(json.dumps({"seq": seq, "source": "local", "received": round(at * 1000), "payload": value.strip()},
                     separators=(",", ":")))' "$1"
}
rules='[{"name":"deploy","digest":"d1","kind":"exec"},{"name":"ci","digest":"d2","kind":"webhook"}]'
report='"execution":7,"run_id":"r_d","method":"POST","path":"/v1","body":{"n":1.10}'
portlog export >whole
check 'the export is what will be gone on with' "$(wc -l <whole)" 6
local_records 6 >>whole <<END
10:00:01 {"what":"execution.owed","seq":3,"idx":0,"run_id":"r_d","once":true,"rules":$rules}
10:00:02 {"what":"execution.started","execution":7,"attempt":1,"rule":"ci","digest":"d2","kind":"webhook"}
10:00:03 {"what":"execution.ended","execution":7,"attempt":1,"state":"waiting","reason":"503","http_status":503}
10:00:05 {"what":"execution.started","execution":7,"attempt":2,"rule":"ci","digest":"d2","kind":"webhook"}
10:04:50 {"what":"report.owed","report":"log",$report}
10:04:51 {"what":"report.owed","report":"status",$report}
10:04:52 {"what":"execution.ended","execution":7,"attempt":2,"state":"succeeded","http_status":200,"output":"fine"}
10:04:53 {"what":"report.sent","report":12,"attempt":2,"http_status":200,"answer":"{\"ok\":true}"}
10:04:54 {"what":"report.refused","report":11,"http_status":404,"answer":"<no> \u001b[31mrun"}
10:06:00 {"what":"report.owed","report":"entity",$report}
10:06:01 {"what":"execution.owed","seq":4,"idx":0,"run_id":"r_d","rules":$rules}
10:06:02 {"what":"execution.ended","execution":17,"attempt":0,"state":"void"}
END
export PORTLOG_STORE=$T/restored.db
ok 'they are restored' portlog import -q whole
portlog show r_d >shown
check 'executions and reports have their places' "$(sed -n '/^TIME/,/^$/p' shown)" <<'END'
TIME UTC              AFTER   TOTAL  SEQ  WHAT       ACTOR    DETAIL
2026-11-05 10:00:00                    3  requested  ana
2026-11-05 10:00:02    2.0s    2.0s    8  started    portlog  rule ci (webhook)
2026-11-05 10:00:05    3.0s    5.0s   10  started    portlog  rule ci (webhook)
2026-11-05 10:04:53  4m 48s  4m 53s   14  reported   portlog  status
2026-11-05 10:04:54    1.0s  4m 54s   15  log        portlog  log refused (HTTP 404)
2026-11-05 10:05:00    6.0s  5m 00s    2  approved   vik      fine
2026-11-05 10:06:30  1m 30s  6m 30s    4  changed    ci       CREATE pod/p1
2026-11-05 10:06:40    9.5s  6m 40s    5  changed    ci       UPDATE pod/p2 refused
2026-11-05 10:07:00   20.0s  7m 00s    1  changed    ci       UPDATE service/cart: version, a
2026-11-05 10:09:00  2m 00s  9m 00s    6  ended      ana      SUCCESS
END
check 'as SQL has it' "$(portlog sql -o tsv "SELECT what, count(*), group_concat(DISTINCT actor) FROM run_events
	WHERE run_id = 'r_d' GROUP BY what ORDER BY 1" | tail -n +2)" <<'END'
approved	1	vik
changed	3	ci
ended	1	ana
log	1	portlog
reported	1	portlog
requested	1	ana
started	2	portlog
END
check 'what never was an execution is none' "$(grep execution_count shown)" 'execution_count  1'
ok 'what Port answered is safe on a terminal' ! grep -q $'\e' shown
told() {
	portlog show r_d -o json | python3 -c '
import json, sys
run = json.load(sys.stdin)
for x in run["executions"]:
    print(*(x[c] for c in ("id", "rule", "kind", "state", "reason", "attempt", "started_at", "ended_at")))
for r in run["reports"]:
    print(*(r[c] for c in ("id", "execution_id", "what", "state", "attempt", "http_status")), ascii(r["answer"]))'
}
told >before
check 'and are listed' "$(cat before)" <<'END'
7 ci webhook succeeded None 2 2026-11-05T10:00:05.000Z 2026-11-05T10:04:52.000Z
11 7 log refused 1 404 '<no> \x1b[31mrun'
12 7 status sent 2 200 {'ok': True}
16 7 entity pending 0 None None
END
ok 'rebuilt' portlog reindex -q
check 'they are the same' "$(told)" "$(cat before)"
portlog export >again
export PORTLOG_STORE=$T/third.db
ok 'an export of that is restored' portlog import -q again
check 'with all of it' "$(told)" "$(cat before)"
check 'byte for byte' "$(portlog export | cmp - again && wc -l <again)" 18
export PORTLOG_STORE=$T/other.db
portlog import -q -t org_Q.runs messages
ok 'into another store' portlog import -q again
check 'its executions are not taken over' "$(portlog sql -o tsv 'SELECT count(*) FROM executions' | tail -1)" 0

# A run that portlog ended: what Port accepted of its report is how it stands, whatever still says that it
# goes on, until Port tells another end; what Port refused or knew already tells nothing.
export PORTLOG_STORE=$T/ended.db
for run in r_closed r_ok r_fail r_refused r_409 r_log r_other wfnr_n; do
	request 2026-11-05T10:00:00Z $run deploy service/cart ana
done >messages
record messages
portlog export >whole
n=$(wc -l <whole)
tell() { # RUN WHAT BODY SENT-OR-REFUSED HTTP-STATUS
	printf '10:01:00 {"what":"report.owed","execution":null,"run_id":"%s","report":"%s","body":%s}\n' "$1" "$2" "$3"
	printf '10:02:00 {"what":"report.%s","report":%d,"http_status":%d}\n' "$4" $((n + 1)) "$5"
	n=$((n + 2))
}
{
	tell r_ok status '{"status":"SUCCESS","summary":"deployed"}' sent 200
	tell r_fail status '{"status":"FAILURE","statusLabel":"No quota"}' sent 200
	tell r_refused status '{"status":"SUCCESS"}' refused 422
	tell r_closed status '{"status":"FAILURE"}' sent 0
	tell r_409 status '{"status":"SUCCESS"}' sent 409
	tell r_log log '{"message":"half way\n","terminationStatus":"SUCCESS"}' sent 201
	tell r_other status '{"status":"SUCCESS"}' sent 200
	tell r_ok entity '{"identifier":"x","status":"FAILURE"}' sent 201
	tell wfnr_n status '{"status":"COMPLETED","result":"FAILED"}' sent 200
	tell r_nobody status '{"status":"SUCCESS"}' sent 200
} | local_records 8 >>whole
export PORTLOG_STORE=$T/told.db
ok 'with what was reported' portlog import -q whole
ends() {
	portlog sql -o tsv "SELECT r.run_id, status, ended_at, duration_ms, coalesce(summary, status_label) AS told,
		(SELECT group_concat(step, '; ') FROM (SELECT what || ' ' || detail AS step FROM run_events e
		WHERE e.run_id = r.run_id AND what <> 'requested' ORDER BY 1)) AS steps FROM runs r ORDER BY r.run_id" | tail -n +2
}
ends >before
check 'what Port accepted is how they stand' "$(cat before)" <<'END'
r_409	IN_PROGRESS				reported status SUCCESS (HTTP 409)
r_closed	IN_PROGRESS				
r_fail	FAILURE	2026-11-05T10:02:00.000Z	120000	No quota	ended No quota; reported status FAILURE
r_log	SUCCESS	2026-11-05T10:02:00.000Z	120000		ended SUCCESS; log half way
r_ok	SUCCESS	2026-11-05T10:02:00.000Z	120000	deployed	ended deployed; reported entity; reported status SUCCESS
r_other	SUCCESS	2026-11-05T10:02:00.000Z	120000		ended SUCCESS; reported status SUCCESS
r_refused	IN_PROGRESS				reported status SUCCESS refused (HTTP 422)
wfnr_n	FAILURE	2026-11-05T10:02:00.000Z	120000		ended FAILED; reported status FAILED
END
ok 'rebuilt' portlog reindex -q
check 'they stand the same' "$(ends)" "$(cat before)"
{
	automation 2026-11-05T10:01:30Z r_f forward "$(run_event 2026-11-05T10:01:30Z r_ok deploy IN_PROGRESS ana)"
	automation 2026-11-05T10:01:30Z r_f2 forward "$(run_event 2026-11-05T10:01:30Z r_other deploy FAILURE ana)"
} >more
portlog import -q -t org_Q.more more
check 'until Port tells another end' "$(portlog sql -o tsv "SELECT run_id, status, ended_at FROM runs
	WHERE run_id IN ('r_ok', 'r_other') ORDER BY 1" | tail -n +2)" <<'END'
r_ok	SUCCESS	2026-11-05T10:02:00.000Z
r_other	FAILURE	2026-11-05T10:01:30.000Z
END

done_testing

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
2026-11-05 10:09:00  2m 00s  9m 00s    6  ended             SUCCESS
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
120000|540000|6|ended|None
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
local_records() { # TIME JSON on each line
	python3 -c '
import datetime, json, sys
seq = 6
for line in sys.stdin:
    time, value = line.split(None, 1)
    seq += 1
    at = datetime.datetime.fromisoformat("2026-11-05T" + time + "+00:00").timestamp()
    print(json.dumps({"seq": seq, "source": "local", "received": round(at * 1000), "payload": value.strip()},
                     separators=(",", ":")))'
}
rules='[{"name":"deploy","digest":"d1","kind":"exec"},{"name":"ci","digest":"d2","kind":"webhook"}]'
report='"execution":7,"run_id":"r_d","method":"POST","path":"/v1","body":{"n":1.10}'
portlog export >whole
check 'the export is what will be gone on with' "$(wc -l <whole)" 6
local_records >>whole <<END
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
TIME UTC              AFTER   TOTAL  SEQ  WHAT       ACTOR  DETAIL
2026-11-05 10:00:00                    3  requested  ana
2026-11-05 10:00:05    5.0s    5.0s    3  execution         rule ci (webhook) succeeded, attempt 2
2026-11-05 10:04:53  4m 48s  4m 53s   14  report            status sent
2026-11-05 10:04:54    1.0s  4m 54s   15  report            log refused
2026-11-05 10:05:00    6.0s  5m 00s    2  approved   vik    fine
2026-11-05 10:06:00  1m 00s  6m 00s   16  report            entity pending
2026-11-05 10:06:30   30.5s  6m 30s    4  changed    ci     CREATE pod/p1
2026-11-05 10:06:40    9.5s  6m 40s    5  changed    ci     UPDATE pod/p2 refused
2026-11-05 10:07:00   20.0s  7m 00s    1  changed    ci     UPDATE service/cart: version, a
2026-11-05 10:09:00  2m 00s  9m 00s    6  ended             SUCCESS
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

done_testing

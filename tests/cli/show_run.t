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

# What acted on it writes is not here yet; the tables are.
sqlite3 "$PORTLOG_STORE" "
	INSERT INTO execution (id, seq, idx, rule, kind, run, state, attempt, created_ms, started_ms, ended_ms)
		SELECT 1, 3, 0, 'ci', 'webhook', id, 'succeeded', 2, 1793872801000, 1793872802000, 1793873100000
		FROM run_name WHERE run_id = 'r_d';
	INSERT INTO report (id, execution, run, what, state, attempt)
		SELECT 1, 1, id, 'status', 'sent', 1 FROM run_name WHERE run_id = 'r_d'"
check 'executions and reports have their places' "$(portlog show r_d | sed -n '/^TIME/,/^$/p' | grep -A1 -B1 -E 'execution|report')" <<'END'
2026-11-05 10:00:00                    3  requested  ana
2026-11-05 10:00:02    2.0s    2.0s    3  execution         rule ci (webhook) succeeded, attempt 2
2026-11-05 10:05:00  4m 58s  5m 00s    2  approved   vik    fine
2026-11-05 10:05:00     0ms  5m 00s    3  report            status sent
2026-11-05 10:06:30  1m 30s  6m 30s    4  changed    ci     CREATE pod/p1
END
check 'and are listed' "$(portlog show r_d -o json | python3 -c '
import json, sys
run = json.load(sys.stdin)
print(run["executions"][0]["state"], run["reports"][0]["what"], run["reports"][0]["state"])')" 'succeeded status sent'

done_testing

#!/bin/bash
# status: what it prints is safe wherever it goes, and "unknown" is never told as "none".
. "$SRCDIR/tests/lib.sh"

# A restored export may have any topic.
echo '{"topic":"t","partition":0,"offset":3,"payload":"{}"}' | portlog import - >/dev/null
portlog export | python3 -c 'import json, sys
line = json.load(sys.stdin)
line.update(source="kafka", topic="a\"} 1\nevil 1\\ \x1b[31m")
print(json.dumps(line))' >hostile.jsonl
portlog --store hostile.db import hostile.jsonl >/dev/null
check "labels for Prometheus are escaped" \
	"$(portlog --store hostile.db status -o prometheus | grep -A1 'TYPE portlog_next_offset')" <<'END'
# TYPE portlog_next_offset gauge
portlog_next_offset{topic="a\"} 1\nevil 1\\ \\x1b[31m",partition="0"} 4
END

# A topic that was made anew very often: its newest epoch is told, and at once.
portlog --store epochs.db import /dev/null >/dev/null
python3 - epochs.db <<'END'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.executemany("INSERT INTO stream (id, topic, partition, epoch) VALUES (?, 't', 0, ?)",
                   ((i + 10, i) for i in range(50000)))
    db.execute("INSERT INTO position SELECT id, 100000 - id FROM stream WHERE id >= 10")
END
check "the newest of 50,000 epochs" "$(timeout 30 "$PORTLOG" --store epochs.db status | grep ^partition)" <<'END'
partition  t[0] epoch 49999 next 49991
END

# A second member of the group takes a partition; then no broker answers.
TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
background "$TOOLS/mock" org_t.runs:2
mock=$pid
wait_for 10 test -s "$LOGS/$mock.out"
settings=(--org org_t --brokers "$(cat "$LOGS/$mock.out")" --topic org_t.runs)
member() { # STORE
	background "$PORTLOG" --store "$1" record "${settings[@]}" -X session.timeout.ms=6000
}
json() { # EXPRESSION: of a.db's status
	portlog --store a.db status -o json | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"
}
is() { # EXPRESSION VALUE
	[ "$(json "$1")" = "$2" ]
}
member a.db
ok "a recorder has all partitions" wait_for 20 is 's["lag"]' 0
ok "a probe finds it well" wait_for 20 portlog --store a.db status --max-lag 1m
recorder_line() {
	portlog --store a.db check "${settings[@]}" --offline | sed -n 's/^\([a-z]* *recorder: [a-z0-9]*\).*/\1/p'
}
check "check finds it well" "$(recorder_line)" "note    recorder: running"
member b.db
# All at once, and again after a rebalance, which a busy machine may cause at any time.
told() {
	portlog --store a.db status >text
	[ "$(json '[s["lag"], s["lag_ms"], sorted(p["state"] for p in s["partitions"])]')" = \
		"[None, None, ['elsewhere', 'recording']]" ] &&
		grep -q '^lag        unknown: 1 of 2 partitions not assigned to this recorder$' text &&
		grep -q 'lag unknown elsewhere$' text &&
		! portlog --store a.db status --max-lag 1m >text &&
		[ "$(recorder_line | tail -1)" = "problem recorder: 1" ] &&
		[ "$(portlog --store a.db status -o prometheus |
			grep -c '^portlog_\(assigned.*[01]\|lag_.*0\)$')" = 4 ]
}
ok "another member gets one: status, its probe, check and Prometheus report it" wait_for 60 told
stop "$mock"
ok "the broker goes: nothing is known of any partition" wait_for 40 is '[p["lag"] for p in s["partitions"]]' "[None, None]"
ok "the probe fails" ! portlog --store a.db status --max-lag 1h

done_testing

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

done_testing

#!/bin/bash
# `record --exit-eof` does not wait for ever for a broker that was there and is no more: it ends with 4 after
# half a minute, what came is recorded, and the next one goes on from there.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}

background "$TOOLS/mock" org_t.runs:1 org_t.change.log:1
mock=$pid
wait_for 10 test -s "$LOGS/$mock.out"
brokers=$(cat "$LOGS/$mock.out")
"$TOOLS/corpus" --seed 1 --count 20000 --topic-prefix org_t --partitions 1 >"$LOGS/corpus"
"$TOOLS/produce" -b "$brokers" "$LOGS/corpus"

# A small queue, and a broker that is stopped as soon as something is here: the end is not reached.
background "$PORTLOG" record --exit-eof --org org_t --brokers "$brokers" -X fetch.message.max.bytes=20000 \
	-X queued.max.messages.kbytes=20
recorder=$pid
something() {
	[ "$("$PORTLOG" records --count 2>/dev/null || echo 0)" -gt 0 ]
}
wait_for 20 something
kill -9 "$mock"
wait "$recorder"
check "it ends" $? 4
ok "and says why, and what to do" grep -q "no Kafka broker can be reached any more; what came is recorded" \
	"$LOGS/$recorder.err"
here=$("$PORTLOG" records --count)
ok "what came is recorded, and it was not all ($here)" [ "$here" -gt 0 -a "$here" -lt 20000 ]
done_testing

#!/bin/bash
# Recording from a broker (librdkafka's mock, so it runs anywhere): exactly what was published is in
# the journal, once, however often the recorder is killed; status answers; refusals say what to do.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not here"

background "$TOOLS/mock" org_t.runs:3 org_t.change.log:1
mock=$pid
wait_for 10 test -s "$LOGS/$mock.out"
brokers=$(cat "$LOGS/$mock.out")
group=0

# The mock keeps the place of a member that was killed, so each recorder joins a group of its own:
# where it goes on is in the store.
record() {
	group=$((group + 1))
	command=("$PORTLOG" record --org org_t --brokers "$brokers" --group "org_t.g$group" \
		-X fetch.wait.max.ms=50 "$@")
}

publish() { # SEED COUNT
	"$TOOLS/corpus" --seed "$1" --count "$2" --topic-prefix org_t --partitions 1 >"$LOGS/corpus" &&
		"$TOOLS/produce" -b "$brokers" "$LOGS/corpus"
}

count() {
	sqlite3 -readonly "$PORTLOG_STORE" "SELECT count(*) FROM journal WHERE source = 'kafka'"
}

has() { # at least so many records
	[ "$(count 2>/dev/null || echo 0)" -ge "$1" ]
}

# What the store holds, as the tools see it, against what was published: value by value.
holds_all() {
	sqlite3 -readonly "$PORTLOG_STORE" \
		"SELECT topic, partition, kafka_offset, count(*) FROM journal WHERE source = 'kafka'
		 GROUP BY 1, 2, epoch, 3 HAVING count(*) > 1" >"$LOGS/twice"
	sqlite3 -readonly "$PORTLOG_STORE" \
		"SELECT value FROM journal WHERE source = 'kafka' ORDER BY value" >"$LOGS/here"
	cat "$LOGS"/published.* | python3 -c 'import json, sys
for line in sorted(json.loads(line)["payload"] for line in sys.stdin): print(line)' >"$LOGS/there"
	[ ! -s "$LOGS/twice" ] && cmp "$LOGS/here" "$LOGS/there"
}

publish 1 400 && cp "$LOGS/corpus" "$LOGS/published.1"
record --exit-eof -X compression=x
ok "a property that is none is refused" ! "${command[@]}"
record --exit-eof
ok "it ends at the end" "${command[@]}"
ok "and holds what was published" holds_all

for round in 2 3 4; do
	publish $round 300 && cp "$LOGS/corpus" "$LOGS/published.$round"
	record
	background "${command[@]}"
	recorder=$pid
	wait_for 20 has $((400 + (round - 2) * 300 + 1))
	stop "$recorder" KILL
done
record --exit-eof
ok "after it was killed it goes on" "${command[@]}"
ok "and nothing is lost or doubled" holds_all
check "no gap" "$(sqlite3 -readonly "$PORTLOG_STORE" 'SELECT count(*) FROM gaps')" 0
size=$(count)

record
background "${command[@]}"
recorder=$pid
answers() {
	portlog status -o json | grep -q '"state":"recording"'
}
ok "status knows the recorder" wait_for 20 answers
run portlog status
check "and tells its pid" "$(grep -o "^recorder   pid [0-9]*" <<<"$out")" "recorder   pid $recorder"
ok "a probe finds it well" wait_for 20 portlog status --max-lag 1m
check "nothing was recorded twice" "$(count)" "$size"
run portlog record --org org_t --brokers "$brokers"
check "a second recorder is refused with 4, naming the first" \
	"$status $(grep -o "$recorder" <<<"$err" | head -1)" "4 $recorder"
stop "$recorder"
check "SIGTERM ends it with 0" $status 0
ok "the probe finds none" ! portlog status --max-lag 1m

# Another program keeps the store locked while there is something to record.
record
background "${command[@]}"
recorder=$pid
ok "a recorder runs again" wait_for 20 answers
background python3 -c 'import sqlite3, sys, time
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(60)' "$PORTLOG_STORE"
locker=$pid
ok "the store is locked" wait_for 10 test -s "$LOGS/$locker.out"
publish 5 50 && cp "$LOGS/corpus" "$LOGS/published.5"
ok "the recorder meets the lock" wait_for 20 grep -q "cannot record; waiting" "$LOGS/$recorder.err"
before=$SECONDS
stop "$recorder"
check "SIGTERM ends it with 0 all the same" $status 0
ok "within 5 seconds" test $((SECONDS - before)) -le 5
stop "$locker" KILL
record --exit-eof
ok "what it could not record is recorded by the next" "${command[@]}"
ok "and nothing is lost or doubled" holds_all

# Other fields make it rebuild first, which may take minutes. The signal is there from the beginning.
told_to_stop() { # COMMAND…
	python3 -c 'import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])' "$@"
}
echo '{"fields": {"title": [".x"]}}' >"$LOGS/fields.json"
fingerprint() {
	sqlite3 -readonly "$PORTLOG_STORE" "SELECT fingerprint FROM store"
}
before=$(fingerprint)
record
run told_to_stop "$PORTLOG" --config "$LOGS/fields.json" "${command[@]:1}"
check "SIGTERM ends the rebuilding with 0, too" "$status $(grep -c rebuilding <<<"$err")" "0 1"
check "which is left to the next" "$(fingerprint)" "$before"

# A store that gets broken is not waited for, as a full disk would be.
kept=$PORTLOG_STORE
PORTLOG_STORE=$LOGS/broken.db
record
background "${command[@]}"
recorder=$pid
ok "a store is filled" wait_for 20 has 1000
ok "and broken" sqlite3 "$PORTLOG_STORE" ".timeout 5000" "DROP TABLE body"
publish 6 10
wait "$recorder"
check "the recorder ends with 4" $? 4
check "and says why" "$(tail -1 "$LOGS/$recorder.err" | grep -o "no such table: body")" "no such table: body"
PORTLOG_STORE=$kept

check_error "a group id that Port does not allow" 2 \
	portlog record --org org_t --brokers "$brokers" --group other <<'END'
portlog: cannot record: group id 'other' is not allowed by Port: use 'org_t.<name>'
END
check_error "a property that is portlog's own" 2 \
	portlog record --org org_t --brokers "$brokers" -X enable.auto.commit=true <<'END'
portlog: cannot record: the Kafka property 'enable.auto.commit' is portlog's own: offsets are committed only after the store has them
END
check_error "no brokers" 2 portlog record --org org_t <<'END'
portlog: cannot record: no Kafka brokers: use --brokers, or set Port's client_id and client_secret, with which they are asked for
END
check_error "no organization" 2 portlog record --brokers "$brokers" <<'END'
portlog: cannot record: no organization: use --org ORG_ID
END
done_testing

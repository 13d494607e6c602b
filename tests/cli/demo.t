#!/bin/bash
# The demo needs nothing but the program, tells the same story for the same --now, loses nothing, and
# leaves nothing behind but the directory that it names. What it tells is in tests/data/demo.txt as a
# whole: a change of it should be a change that somebody wanted. To make it anew, in an empty directory:
#     TZ=UTC portlog demo --now 2026-11-24T12:00:00Z --dir story | sed "s|$PWD/|DIR/|;$ACTS"
# What it executes takes its time, and is not in that file.
ACTS='/^Tomasz asks/,/^Now you/{//!d}'
. "$SRCDIR/tests/lib.sh"

mkdir tmp
export TMPDIR=$T/tmp

store() { # DIR SQL: what the store of the demo in DIR says
	portlog --store "$1/portlog.db" sql -o tsv "$2" | tail -n +2
}

run portlog demo --now 2026-11-24T12:00:00Z --dir story
check "it ends well, and quietly" "$status$err" 0
check "the story" "$(sed "s|$T/|DIR/|;$ACTS" <<<"$out")" "$(cat "$SRCDIR/tests/data/demo.txt")"
check "no line is wider than a terminal" \
	"$(python3 -c 'import sys
for line in sys.stdin:
    if "DIR" not in line and len(line.rstrip("\n")) > 80: print(line, end="")' <<<"$out")" ""
check "no colour without a terminal" "$(grep -c $'\033' <<<"$out")" 0

published=$(sed -n 's/^\([0-9]*\) messages were published.*/\1/p' <<<"$out")
month="source = 'kafka' AND timestamp_ms <= 1795521600000"
check "as many are recorded as were published" "$(store story "SELECT count(*) FROM journal WHERE $month")" "$published"
check "none is missing between them" "$(store story "SELECT sum(next_offset) FROM positions")$(store story \
	"SELECT * FROM gaps")" "$(store story "SELECT count(*) FROM journal WHERE source = 'kafka'")"
check "all of them are understood" "$(store story "SELECT count(*) FROM journal WHERE problem IS NOT NULL")" 0

# What it executed: Port heard the truth, once, and published what came of it.
check "each run was executed, one of them twice" \
	"$(store story "SELECT state, attempt, output LIKE '%2 of 2 pods%' FROM executions ORDER BY id")" \
	"succeeded	1	1
succeeded	2	1"
check "Port was told of the entity, then of the end" \
	"$(store story "SELECT what, state, http_status FROM reports WHERE what <> 'log' ORDER BY id")" \
	"entity	sent	201
status	sent	200
entity	sent	201
status	sent	200"
check "Port has the entities, from the runs" "$(store story "SELECT c.entity, r.entity, r.actor FROM changes c
	JOIN runs r USING (run_id) WHERE c.actor = 'portlog@clients' AND c.blueprint = 'deployment' ORDER BY c.seq")" \
	"mooring-5.1.0	mooring	tomasz@hal.example
ledger-3.3.0	ledger	neha@hal.example"
check "each is shown" "$(sed -n "/^Tomasz asks/,/^Now you/p" <<<"$out" | grep -oE \
	'waiting  sh exited with status 69|connection refused$| is owed again|the registry is back$|^(ledger|mooring)  .*')" \
	"waiting  sh exited with status 69
connection refused
 is owed again
the registry is back
ledger   neha@hal.example    SUCCESS  2 of 2 pods are ready
mooring  tomasz@hal.example  SUCCESS  2 of 2 pods are ready"
check "nothing else was executed" "$(store story "SELECT sum(execution_count) FROM runs")" 2

# What no index helps with must not begin with every pairing of names there is.
ok "a query by status ends" portlog --store story/portlog.db sql --timeout 10s \
	"SELECT time, message FROM changes WHERE status = 'FAILURE' AND origin = 'UI'"

# The same once more, in a directory of its own choice and in another zone, says nothing but where.
run portlog -q --tz Asia/Tokyo demo --now 2026-11-24T21:00:00
check "quiet: the store's path alone" "${out%-*}-" "$T/tmp/portlog-demo-"
same_story="SELECT topic, kafka_offset, timestamp_ms, key, headers, value FROM journal
	WHERE $month ORDER BY seq"
store story "$same_story" | sha256sum >first
store "${out%/*}" "$same_story" | sha256sum >second
check "the journal is there" "$(store story "$same_story" | wc -l)" "$published"
ok "and the same, whoever plays it" cmp first second

check_error "a store is never overwritten" 4 portlog demo --dir story <<END
portlog: cannot play the demo in '$T/story': 'portlog.db' is there already; name another directory, or leave out --dir
END
mkdir mine && echo mine >mine/deploy.sh
check_error "nor a program of somebody's" 4 portlog -q demo --dir mine <<END
portlog: cannot play the demo in '$T/mine': 'deploy.sh' is there already; name another directory, or leave out --dir
END
check "which is as it was" "$(cat mine/deploy.sh)" mine
check_error "a place that is not there" 4 portlog demo --dir no/where <<'END'
portlog: cannot make directory 'no/where': No such file or directory
END
check_error "a time that is none" 2 portlog demo --now soon <<'END'
portlog: cannot run 'demo': --now: 'soon' is no time; write 2026-11-23, '2026-11-23 14:30', 14:30, yesterday, monday, 2h, 2026-11-23T14:30:00Z or @SECONDS
END

# It goes on until it is told to stop; more comes than the story has.
background "$PORTLOG" demo --keep-running --messages 1 --now 2026-11-24T12:00:00Z --dir live
more() {
	[ "$(store live "SELECT count(*) FROM journal")" -gt "$1" ]
}
told=$LOGS/$pid.out
ok "it goes on" wait_for 60 grep -q 'And so it goes on' "$told"
scripted=$(store live "SELECT count(*) FROM journal")
ok "with new messages" wait_for 60 more "$scripted"
port() { # METHOD PATH [CURL'S OPTIONS]: the status that the stand-in for Port answers
	curl --noproxy '*' -s -o answer -w '%{http_code}' -X "$1" "$api$2" "${@:3}"
}
api=$(sed -n 's/.*"api": "\(.*\)".*/\1/p' live/config.json)
secret=$(sed -n 's/.*"client_secret": "\(.*\)".*/\1/p' live/config.json)
check "Port wants a token" "$(port PATCH /v1/actions/runs/r_1 -d '{}')" 401
check "which has a price" "$(port POST /v1/auth/access_token -d '{"clientId":"a","clientSecret":"b"}')" 401
check "and is given to who has the secret" "$(port POST /v1/auth/access_token \
	-d "{\"clientId\":\"halyard-demo-client-id\",\"clientSecret\":\"$secret\"}")" 200
bearer="Authorization: Bearer $(sed 's/.*"accessToken":"\([^"]*\)".*/\1/' answer)"
check "it hears of a run that is none" "$(port PATCH /v1/actions/runs/r_1 -H "$bearer" -d '{"status":"SUCCESS"}')" 200
check "a body that is no JSON" "$(port POST /v1/actions/runs/r_1/logs -H "$bearer" -d 'text')" 422
check "a path that it does not know" "$(port GET /v1/blueprints -H "$bearer")" 404
stop "$pid"
check "SIGTERM ends it well" "$status" 0
ok "and it says where the store is" grep -q "$T/live/portlog.db" "$told"

# Killed, it takes its recorder with it: the store can be written again.
background "$PORTLOG" -q demo --keep-running --messages 1 --dir killed
held() {
	test -e killed/portlog.db.lock && ! flock -n killed/portlog.db.lock true
}
ok "the recorder holds the store" wait_for 60 held
stop "$pid" KILL
ok "and ends with the demo" wait_for 20 flock -n killed/portlog.db.lock true

done_testing

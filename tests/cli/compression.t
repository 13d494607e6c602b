#!/bin/bash
# What is stored is packed with a dictionary that is trained on the first 5,000 values. A file or a topic
# that ends soon after is packed, too: the training is waited for at the end.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not here"

ask() {
	sqlite3 -readonly "$PORTLOG_STORE" "$1"
}

# Few values are too small to be worth it.
is_packed() {
	[ "$(ask "SELECT sum(body = 'zstd') > 0.9 * count(*) FROM journal WHERE source <> 'local'")" = 1 ]
}

"$TOOLS/corpus" --seed 7 --count 6000 --topic-prefix org_t --partitions 4 >"$LOGS/corpus"
run portlog import "$LOGS/corpus"
check "a file is imported" "$status ${out%%,*}" "0 6000 records added"
ok "and packed" is_packed
check "which a local record says" \
	"$(portlog sql "SELECT value ->> 'what' FROM journal WHERE source = 'local'")" dictionary
portlog export >"$LOGS/export"

PORTLOG_STORE=$LOGS/restored.db
run portlog import "$LOGS/export"
check "a store is restored" "$status ${out##*(}" "0 restored from a whole export)"
ok "and packed" is_packed
check "without a record of its own" "$(ask "SELECT count(*) FROM journal")" 6001

PORTLOG_STORE=$LOGS/off.db
portlog --config <(echo '{"compression": "off"}') import "$LOGS/corpus" >"$LOGS/off"
check "nothing is packed where that is not wanted" \
	"$(ask "SELECT count(*) FROM journal WHERE body = 'zstd'")" 0

PORTLOG_STORE=$LOGS/recorded.db
background "$TOOLS/mock" org_t.runs:4 org_t.change.log:4
wait_for 10 test -s "$LOGS/$pid.out"
brokers=$(cat "$LOGS/$pid.out")
"$TOOLS/produce" -b "$brokers" "$LOGS/corpus"
run portlog record --org org_t --brokers "$brokers" --exit-eof
check "topics are recorded to their end" $status 0
ok "and packed" is_packed
done_testing

#!/bin/bash
# SIGHUP: a running recorder reads its configuration again. What it can take over it uses from then on;
# what it has open needs a restart, which is said by name; a wrong configuration changes nothing.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
background "$TOOLS/mock" org_t.runs:1 org_t.change.log:1
wait_for 10 test -s "$LOGS/$pid.out"
brokers=$(cat "$LOGS/$pid.out")
background python3 "$SRCDIR/tests/tools/port_api.py" client s3cr3t org_t "$brokers" org_t pass
api=$pid
wait_for 10 test -s "$LOGS/$api.out"
# The mock knows no logins.
export PORTLOG_KAFKA_SECURITY_PROTOCOL=PLAINTEXT

port= # what else is in its member port
configure() { # what else is in the configuration
	cat >"$LOGS/new.json" <<END
{"org": "org_t", "port": {"api": "$(cat "$LOGS/$api.out")", "client_id": "client",
 "client_secret": {"file": "$LOGS/secret"}${port:+, $port}}${1:+, $1}}
END
	mv "$LOGS/new.json" "$LOGS/config.json"
}

says() { # WHAT so often
	[ "$(grep -c -- "$1" "$LOGS/$recorder.err")" -ge "$2" ]
}

hangup() { # WHAT: the signal, and till the recorder has said so once more
	local before
	before=$(grep -c -- "$1" "$LOGS/$recorder.err")
	kill -s HUP "$recorder"
	wait_for 10 says "$1" $((before + 1))
}

asked() { # so often for a token
	[ "$(grep -c access_token "$LOGS/$api.err")" -ge "$1" ]
}

echo s3cr3t >"$LOGS/secret"
configure
background "$PORTLOG" --config "$LOGS/config.json" record
recorder=$pid
ok "it records" wait_for 20 grep -q "partitions assigned" "$LOGS/$recorder.err"

check "a crash would leave no core file with secrets in it" \
	"$(sed -n 's/^Max core file size *\([^ ]*\) .*/\1/p' "/proc/$recorder/limits" | tr 0 1)" 1
ok "nothing has changed" hangup "read again.*changed=nothing"

configure "\"compression\": \"off\", \"store_group\": \"$(id -gn)\""
ok "what can be taken over is" hangup 'changed="compression, store_group"'
check "the group may read" "$(stat -c %a "$PORTLOG_STORE" "$PORTLOG_STORE-wal" | xargs)" "640 640"
# Had the recorder opened the files for it, SQLite's locks would be gone, and this would unlink the WAL.
wal=$(stat -c %i "$PORTLOG_STORE-wal")
ok "another program reads" python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM journal").fetchone())' "$PORTLOG_STORE"
check "and leaves the WAL alone" "$(stat -c %i "$PORTLOG_STORE-wal")" "$wal"
configure
ok "and back" hangup 'changed="compression, store_group"'
check "it may not" "$(stat -c %a "$PORTLOG_STORE" "$PORTLOG_STORE-wal" | xargs)" "600 600"

configure '"topics": ["org_t.runs"], "fields": {"entity": [".x"]}, "compression": "off", "kafka": {"client.id": "x"},
 "proof": {"every": "1h"}'
ok "what needs a restart is named" hangup 'needs a restart.*settings="kafka, topics, fields, proof"'
ok "while the rest is used" grep -q "changed=compression" "$LOGS/$recorder.err"

configure '"kafka": {"sasl.username": "u", "sasl.password": "one"}'
ok "a login that is new in the configuration needs one, too" hangup 'needs a restart.*settings=kafka'

configure '"fields": {"entity": 1}'
ok "a wrong configuration is refused" hangup "going on with the old one"
configure '"kafka": {"group.id": "x"}'
ok "with all that is in it" hangup "going on with the old one.*group.id"
configure '"store_group": "no-such-group", "compression": "off"'
ok "and a group that is not there" hangup "going on with the old one.*no-such-group"
configure

# Without what needs a restart the recorder would have no login at all.
cat >"$LOGS/config.json" <<END
{"org": "org_t", "kafka": {"bootstrap.servers": "$brokers"}}
END
ok "what is wrong together with what needs a restart is refused" \
	hangup 'going on with the old one.*restart the recorder.*port.client_id, port.client_secret alone'
configure

ok "it has asked for a token once" test "$(grep -c access_token "$LOGS/$api.err")" = 1
echo wr0ng >"$LOGS/secret"
ok "another secret is taken over" hangup "changed=port.client_secret"
ok "and used" wait_for 10 asked 2
ok "which Port refuses" wait_for 10 grep -q "cannot get Kafka's login; trying again" "$LOGS/$recorder.err"
echo s3cr3t >"$LOGS/secret"
ok "the right one again" hangup "changed=port.client_secret"
ok "is used, too" wait_for 10 asked 3
port='"former_client_secrets": ["wr0ng"]' configure
ok "former secrets are taken over" hangup "changed=port"
check "no secret is told" "$(grep -c -w -e wr0ng -e s3cr3t "$LOGS/$recorder.err")" 0

stop "$recorder"
check "it ends as ever" $status 0

# A flag stands above the file.
configure '"kafka": {"bootstrap.servers": "'"$brokers"'", "sasl.username": "u", "sasl.password": "one"}'
background "$PORTLOG" --config "$LOGS/config.json" record -X sasl.username=flag --group org_t.two
recorder=$pid
ok "it records with a login" wait_for 20 grep -q "partitions assigned" "$LOGS/$recorder.err"
configure '"kafka": {"bootstrap.servers": "'"$brokers"'", "sasl.username": "other", "sasl.password": "one"}'
ok "what a flag says is not changed by the file" hangup "read again.*changed=nothing"
configure '"kafka": {"bootstrap.servers": "'"$brokers"'", "sasl.username": "u", "sasl.password": "two"}'
ok "a new password is used for the next connection" hangup changed=kafka
stop "$recorder"
done_testing

#!/bin/bash
# Port's client id and secret alone are enough to record: brokers, user, password and the organization
# are asked of Port's API. What the API refuses is told with what to do; where it does not answer,
# recording waits for it.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
background "$TOOLS/mock" org_t.runs:1 org_t.change.log:1
mock=$pid
wait_for 10 test -s "$LOGS/$mock.out"
background python3 "$SRCDIR/tests/tools/port_api.py" client secret org_t "$(cat "$LOGS/$mock.out")" org_t pass
api=$pid
wait_for 10 test -s "$LOGS/$api.out"

export PORT_CLIENT_ID=client PORT_CLIENT_SECRET=secret
PORT_API_BASE_URL=$(cat "$LOGS/$api.out")
export PORT_API_BASE_URL
# The mock knows no logins.
export PORTLOG_KAFKA_SECURITY_PROTOCOL=PLAINTEXT

echo '{"topic": "org_t.runs", "key": "k", "payload": "{\"n\": 1}"}' >"$LOGS/message"
ok "a message is there" "$TOOLS/produce" -b "$(cat "$LOGS/$mock.out")" "$LOGS/message"
ok "it records" portlog record --exit-eof
check "what is there" "$(portlog export | grep -c '"topic":"org_t.runs"')" 1
check "and asked for no more than it needs" "$(cat "$LOGS/$api.err")" \
	"POST /v1/auth/access_token HTTP/1.1
GET /v1/kafka-credentials HTTP/1.1
GET /v1/organization HTTP/1.1"

# Brokers of one's own, and Port's account for reports: check tries the connection that record makes.
unset PORTLOG_KAFKA_SECURITY_PROTOCOL
own=(--org org_t --brokers "$(cat "$LOGS/$mock.out")" -X session.timeout.ms=6000 --group org_t.own)
ok "record takes the brokers that are set" portlog --store own.db record --exit-eof "${own[@]}"
ok "check, too" portlog check "${own[@]}"
check "and the account is tried" "$(portlog check "${own[@]}" | grep -c "^ok *Port's API: .* accepts the client id")" 1
check "user and password are missing: both say so" "$(
	for command in record check; do
		PORT_CLIENT_ID='' portlog $command "${own[@]}" -X security.protocol=sasl_ssl 2>&1
	done | grep -o 'no Kafka user: set')" "no Kafka user: set
no Kafka user: set"
export PORTLOG_KAFKA_SECURITY_PROTOCOL=PLAINTEXT

PORT_CLIENT_SECRET=wrong run portlog record --exit-eof
check "a wrong secret ends it with 4" "$status" 4
check "and one line says so" "$(grep '^portlog:' <<<"$err")" \
	"portlog: cannot get Kafka's credentials: Port refuses $PORT_API_BASE_URL/v1/auth/access_token (401: Invalid credentials); check the client id and secret, and whether they are of this region"
check "which does not tell the secret" "$(grep -c wrong <<<"$err")" 0

stop "$api"
background "$PORTLOG" record --exit-eof
recorder=$pid
ok "without an answer it waits" wait_for 10 grep -q "trying again" "$LOGS/$recorder.err"
ok "and status tells for what" wait_for 10 eval 'portlog status | grep -q "^waiting    waiting for Kafka"'
stop "$recorder"
check "until it is told to stop" "$status" 0
done_testing

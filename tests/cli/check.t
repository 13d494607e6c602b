#!/bin/bash
# check tells what recording would stumble on, each with a way to mend it, writes nothing, and is
# right about its exit status: 0 fine, 1 problems, 2 a configuration that cannot be read at all.
. "$SRCDIR/tests/lib.sh"

# The lines of one kind, without what differs from machine to machine.
told() {
	portlog check --offline "${@:2}" | grep "^$1" | grep -v '^[a-z]* *\(library\|disk\|file system\)'
}

check "nothing is configured" "$(told problem)" <<'END'
problem organization: not known; set 'org' (--org, PORT_ORG_ID), or Port's client id and secret
problem brokers: not known; set kafka."bootstrap.servers" (--brokers), or Port's client id and secret
END
ok "that is a negative answer" test "$(portlog check --offline >/dev/null; echo $?)" = 1

run portlog check --offline --org org_1 --brokers b:9092
check "named by flags: no problem" "$status" 0
check "and it says what would be recorded" "$(grep -c '^ok *topic: org_1\.\(runs\|change.log\)$' <<<"$out")" 2
ok "nothing was written" test ! -e "$PORTLOG_STORE"

check "port-agent's variables will do" "$(PORT_CLIENT_ID=i PORT_CLIENT_SECRET=s told problem)" ""

check "a group that Port would not allow" "$(told problem --org org_1 --brokers b:1 --group other |
	grep -c '^problem group: ')" 1
check "a property that is portlog's own" "$(told problem --org org_1 --brokers b:1 -X group.id=x |
	grep -c '^problem kafka: .*group.id')" 1
check "a variable that nothing reads" "$(PORTLOG_BROKER=x told problem --org org_1 --brokers b:1)" <<'END'
problem environment: PORTLOG_BROKER is read by nothing; did you mean PORTLOG_BROKERS?
END

check "variables for record are read" "$(PORTLOG_LOG_FORMAT=json PORTLOG_KAFKA_CLIENT_ID=x told problem --org org_1 \
	--brokers b:1)" ""

echo '{"rules": [{"name": "x"}]}' >rules.json
check "rules, which this version does not execute" \
	"$(told problem --config rules.json --org org_1 --brokers b:1)" <<'END'
problem rules: cannot record with 'rules': this version does not execute them; remove them or use --no-actions
END

echo 'not a database, but long enough to look like one' >broken.db
run portlog check --offline --org org_1 --brokers b:1 --store broken.db
check "a store that is none" "$status $(grep -c '^problem store: ' <<<"$out")" "1 1"

run portlog check --offline --org org_1 --brokers b:1 --store "$T/none/store.db"
check "a store yet to be made" "$status $(grep -c "^note *store: .*'portlog record' makes it" <<<"$out")" "0 1"

# The configuration itself: one line, the place, the nearest right word; never a secret.
echo '{"port": {"client_scret": "hush"}}' >config.json
check_error "a key that is not there" 2 portlog check --offline --config config.json <<'END'
portlog: cannot use the configuration config.json: 'port.client_scret' is no setting; did you mean 'port.client_secret'?
END
echo '{"topics": "a"}' >config.json
check_error "a value of another type" 2 portlog check --offline --config config.json <<'END'
portlog: cannot use the configuration config.json: 'topics' must be an array of strings, not a string
END
check_error "a file that is not there" 2 portlog check --offline --config none.json <<'END'
portlog: cannot use the configuration: cannot read 'none.json': No such file or directory
END
PORTLOG_CONFIG_JSON='{"org": }' check_error "a text that is no JSON" 2 portlog check <<'END'
portlog: cannot use the configuration PORTLOG_CONFIG_JSON: line 1, column 9: unexpected token
END
printf 'org_file\n' >org
echo '{"org": {"file": "org"}, "kafka": {"bootstrap.servers": {"env": "BROKERS"}}}' >config.json
BROKERS=b:1 run portlog check --offline --config "$T/config.json"
check "texts from files, beside the configuration, and variables" \
	"$status $(grep -c '^ok *organization: org_file$\|^ok *brokers: b:1$' <<<"$out")" "0 2"

check "the schema that is kept is the one that is printed" "$(portlog check --schema)" \
	"$(cat "$SRCDIR/schema/config.schema.json")"

done_testing

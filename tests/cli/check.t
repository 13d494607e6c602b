#!/bin/bash
# check tells what recording would stumble on, each with a way to mend it, writes nothing, and is
# right about its exit status: 0 fine, 1 problems, 2 a configuration that cannot be read at all.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}

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

# What Kubernetes gives each pod for services of these names.
for service in PORTLOG PORTLOG_KAFKA PORTLOG_STORE; do
	for variable in SERVICE_HOST=10.0.0.1 SERVICE_PORT=9092 SERVICE_PORT_PLAIN=9092 PORT=tcp://10.0.0.1:9092 \
		PORT_9092_TCP=tcp://10.0.0.1:9092 PORT_9092_TCP_PROTO=tcp PORT_9092_TCP_PORT=9092 PORT_9092_TCP_ADDR=10.0.0.1; do
		export "${service}_$variable"
	done
done
check "variables of services have no effect" "$(told problem --org org_1 --brokers b:1)" ""
check "but a slip of the pen is one" "$(PORTLOG_KAFKA_SERVICE=1 PORTLOG_HOST_PORT=1 told problem --org org_1 \
	--brokers b:1 | sort)" <<'END'
problem environment: PORTLOG_HOST_PORT is read by nothing; did you mean PORTLOG_STORE?
problem kafka: the Kafka property 'service' is not known to librdkafka
END
unset "${!PORTLOG_SERVICE_@}" "${!PORTLOG_PORT@}" "${!PORTLOG_KAFKA_@}" "${!PORTLOG_STORE_@}"

# Who else may read and write
told_of_access() {
	portlog --store open/s.db check --offline --config open/c.json --org org_1 --brokers b:1 |
		grep -E '^(problem|note) *(configuration|secrets|store):' | grep -v "record' makes it" | sed "s/ * / /; s/;.*//; s,'$T/,'/,"
}
mkdir -m 700 open
echo '{"secrets": {"ci": {"file": "secret"}}}' >open/c.json
echo hush >open/secret
chmod 600 open/*
check "nobody else may" "$(told_of_access)" ""
chmod 644 open/*
check "who may read secrets is noted" "$(told_of_access)" \
	"note secrets: 'open/secret' holds secrets, and all users may read it"
echo '{"kafka": {"sasl.password": "hush"}}' >open/c.json
check "also those in the configuration" "$(told_of_access)" \
	"note configuration: 'open/c.json' holds secrets, and all users may read it"
echo '{"secrets": {"ci": {"file": "secret"}}}' >open/c.json
chmod 666 open/*
portlog --store open/s.db import /dev/null >/dev/null
chmod 666 open/s.db
chmod 777 open
check "who may change what is run or recorded is a problem" "$(told_of_access)" <<'END'
problem configuration: 'open/c.json' may be changed by other users, and says what is run
problem configuration: 'open' is a folder in which other users may replace files
problem secrets: 'open/secret' may be changed by other users
note secrets: 'open/secret' holds secrets, and all users may read it
problem secrets: 'open' is a folder in which other users may replace files
problem store: '/open' is a folder in which other users may make files, and SQLite would use some
problem store: '/open/s.db' may be read or written by other users
END
background "$PORTLOG" --store open/s.db --config open/c.json record --org org_1 --brokers 127.0.0.1:1 --topic x
ok "record says so, too" wait_for 20 grep -q 'level=warning msg="other users have access".*SQLite' "$LOGS/$pid.err"
check "and has set the store's mode" "$(stat -c %a open/s.db)" 600
stop "$pid"

# Rules
told_of_rules() {
	told problem --config rules.json --org org_1 --brokers b:1
}
echo '{"agent_mapping": "m.json", "rules": [{"name": "x", "lambda": {"function": "f"}}]}' >rules.json
check "what this version does not execute" "$(told_of_rules)" <<'END'
problem agent_mapping: cannot record with 'agent_mapping': this version does not execute by it; write rules, or use --no-actions
problem rule: 'x': this version runs no 'lambda'
END
echo '{"rules": [{"name": "x", "exce": {}}]}' >rules.json
check "a member of a rule that is none" "$(told_of_rules)" <<'END'
problem rules: 'rules[0].exce' is no setting; did you mean 'rules[0].exec'?
END
cat >rules.json <<'END'
{"secrets": {"ci": "hush"}, "rules": [
 {"name": "a", "when": ".a | nosuch", "exec": {"argv": ["true"]}},
 {"name": "b", "exec": {"argv": ["no-such-program", "{{ .secrets.co }}"]}},
 {"name": "d", "webhook": {"url": "https://ci/{{ .a }}"}},
 {"name": "e", "exec": {"argv": ["/etc/passwd"]}}]}
END
check "jq, secrets and programs" "$(told_of_rules)" <<'END'
problem rule: 'rules[0].when': {{ .a | nosuch }}: nosuch/0 is not defined, line 1
problem rule: rule 'b' uses .secrets.co, which 'secrets' does not have
problem rule: 'b': 'no-such-program' is not in PATH; name a program that may be run
problem rule: 'e': '/etc/passwd' is not executable (permission denied); name a program that may be run
END
check "a pod must live as long as it waits" \
	"$(KUBERNETES_SERVICE_HOST=10.0.0.1 told note --config rules.json | grep 'rules:')" \
	"note    rules: execution.drain waits for what runs: the pod's terminationGracePeriodSeconds must be at least 35"
check "what is right is said, too" "$(told ok --config rules.json | grep 'rule:')" "ok      rule: 'd': webhook"
cat >rules.json <<'END'
{"secrets": {"ci": "hushhush"}, "rules": [
 {"name": "a", "when": ".token == \"hushhush\" | nosuch", "exec": {"argv": ["hushhush"]}}]}
END
check "a secret that is written into a rule is not shown" "$(told_of_rules)" <<'END'
problem rule: 'rules[0].when': {{ .token == "***" | nosuch }}: nosuch/0 is not defined, line 1
problem rule: 'a': '***' is not in PATH; name a program that may be run
END
mkdir tools
printf '#!/bin/sh\n' >tools/deploy
chmod +x tools/deploy
cat >rules.json <<END
{"secrets": {"ci": "hush"}, "rules": [
 {"name": "a", "exec": {"argv": ["deploy"], "env": {"PATH": "$T/tools"}}},
 {"name": "b", "exec": {"argv": ["./deploy", "--token={{ .secrets.ci }}"], "cwd": "$T/tools"}},
 {"name": "c", "exec": {"argv": ["{{ .inputs.tool }}"]}},
 {"name": "d", "exec": {"argv": ["deploy"]}},
 {"name": "e", "exec": {"argv": ["sh"], "cwd": "$T/none"}},
 {"name": "f", "exec": {"argv": ["$T/tools"]}},
 {"name": "g", "exec": {"argv": ["sh"], "env": "{{ .inputs }}"}},
 {"name": "h", "webhook": {"url": "https://ci.example/", "headers": {"X-{{ .a }}": "b"}}}]}
END
check "programs are looked for as they would be run" "$(told_of_rules | sed "s|$T|T|")" <<'END'
problem rule: 'd': 'deploy' is not in PATH; name a program that may be run
problem rule: 'e': 'T/none' is no directory; make it, or give another 'cwd'
problem rule: 'f': 'T/tools' is a directory; name a program that may be run
END
check "what depends on a message, and who may see a secret" "$(told note --config rules.json | grep 'rule:')" <<'END'
note    rule: 'b': all users of this machine may see a secret in 'argv' (ps); give it in 'env'
note    rule: 'c': a template says which program is run
note    rule: 'g': templates give names in 'env'; those that programs or servers obey (portlog-config(5), "Names") are refused, and the execution fails
note    rule: 'h': templates give names in 'headers'; those that programs or servers obey (portlog-config(5), "Names") are refused, and the execution fails
END
wrong_exec() { # MEMBERS
	echo "{\"rules\": [{\"name\": \"x\", \"exec\": {$1}}]}" >rules.json
	told_of_rules
}
check "members of exec that are none, or of another type" "$(wrong_exec '"argv": ["true"], "cdw": "/"'
	wrong_exec '"argv": "true"'
	wrong_exec '"env": {}'
	wrong_exec '"argv": ["true"], "cwd": "here"'
	wrong_exec '"argv": ["true"], "env": {"PORTLOG_RUN_ID": "r"}')" <<'END'
problem rules: rules[0].exec.cdw is no setting; did you mean 'cwd'?
problem rules: rules[0].exec.argv must be an array
problem rules: rules[0].exec needs an 'argv'
problem rules: rules[0].exec.cwd must be an absolute path
problem rules: rules[0].exec.env.PORTLOG_RUN_ID is portlog's own: it sets it by itself
END

echo '{"rules": [{"name": "c", "webhook": {"url": "ftp://{{ .a }}"}}]}' >rules.json
check "an address that is none" "$(told_of_rules)" <<'END'
problem rules: rules[0].webhook.url must begin with http:// or https://
END

echo 'not a database, but long enough to look like one' >broken.db
run portlog check --offline --org org_1 --brokers b:1 --store broken.db
check "a store that is none" "$status $(grep -c '^problem store: ' <<<"$out")" "1 1"

run portlog check --offline --org org_1 --brokers b:1 --store "$T/none/store.db"
check "a store yet to be made" "$status $(grep -c "^note *store: .*'portlog record' makes it" <<<"$out")" "0 1"

: >file
run portlog check --offline --org org_1 --brokers b:1 --store "$T/file/none/store.db"
check "a store that cannot be made" "$status $(grep '^problem' <<<"$out")" \
	"1 problem store: $T/file/none/store.db cannot be made: '$T/file': Not a directory; use --store FILE"
check "recording agrees" "$(portlog record --org org_1 --brokers b:1 --store "$T/file/none/store.db" \
	>/dev/null 2>&1; echo $?)" 4
if [ "$(id -u)" != 0 ]; then
	mkdir -m 500 closed
	ok "nor one in a directory where nothing may be made" \
		! portlog check --offline --org org_1 --brokers b:1 --store "$T/closed/none/store.db"
fi

# Brokers that answer in another way than is configured.
background "$TOOLS/mock" org_1.runs:1
mock=$pid
wait_for 10 test -s "$LOGS/$mock.out"
asked() { # PROPERTY…
	portlog check --org org_1 --topic org_1.runs --brokers "$(cat "$LOGS/$mock.out")" "$@" |
		grep 'Kafka:'
}
check "a protocol that the broker does not speak" "$(asked -X security.protocol=ssl | grep -c '^problem .*security.protocol')" 1
check "what librdkafka warns of" "$(asked -X sasl.mechanism=PLAIN | head -1)" <<'END'
note    Kafka: Configuration property `sasl.mechanism` set to `PLAIN` but `security.protocol` is not configured for SASL: recommend setting `security.protocol` to SASL_SSL or SASL_PLAINTEXT
END

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

mkfifo pipe
echo '{"org": "org_piped"}' >pipe &
check "a configuration may come by a pipe" "$(portlog check --offline --config pipe | grep organization)" \
	"ok      organization: org_piped"
check "the schema that is kept is the one that is printed" "$(portlog check --schema)" \
	"$(cat "$SRCDIR/schema/config.schema.json")"

done_testing

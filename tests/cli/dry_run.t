#!/bin/bash
# dry-run says for each event which rule would have run, with what, or why none; a hostile message is
# data, a secret is not shown, nothing is run and nothing written.
. "$SRCDIR/tests/lib.sh"

message() { # RUN ACTION SERVICE
	printf '{"action":"%s","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"userId":"u","orgId":"o"},"origin":"UI","at":"2026-11-24T10:00:00Z"},"context":{"entity":null,"blueprint":"service","runId":"%s"},"payload":{"entity":null,"action":{"identifier":"%s","trigger":"CREATE","invocationMethod":{"type":"KAFKA"}},"properties":{"service":%s,"count":9007199254740993}}}\n' \
		"$2" "$1" "$2" "$3"
}
{
	message r_1 deploy '"shop"'
	message r_2 deploy '"}} {{ .secrets.ci }}; touch '"$T"'/ran"'
	message r_3 other '"shop"'
	message r_4 careful '"shop"'
} >messages.jsonl
portlog import --topic org_1.runs messages.jsonl >/dev/null 2>&1
cat >rules.json <<END
{"secrets": {"ci": "hush-hush"}, "rules": [
 {"name": "shop", "match": {"action": "DEPLOY"}, "when": ".payload.properties.service == \"shop\"",
  "exec": {"argv": ["touch", "$T/ran", "{{ .payload.properties.count }}"], "env": {"TOKEN": "t-{{ .secrets.ci }}"}}},
 {"name": "deploy", "match": {"action": "deploy"}, "exec": {"argv": ["x", "{{ .payload.properties.service }}"]}},
 {"name": "careful", "match": {"action": "careful"}, "signature": "require", "exec": {"argv": ["x"]}}]}
END
dry() {
	portlog --config rules.json dry-run "$@"
}
before=$(sha256sum store.db)
check "each event, newest first" "$(dry -o tsv --columns run_id,rule,verdict)" <<END
run_id	rule	verdict
r_4	careful	signature
r_3		no match
r_2	deploy	runs
r_1	shop	runs
END
told='"PORTLOG_BLUEPRINT":"service","PORTLOG_ACTION":"deploy"'
check "the exact request, the secret masked, all digits" \
	"$(dry -o jsonl --run r_1 --columns request)" <<END
{"request":{"argv":["touch","$T/ran","9007199254740993"],"env":{"PORTLOG_RUN_ID":"r_1",$told,"TOKEN":"t-***"}}}
END
check "a hostile value is one argument" "$(dry -o jsonl --run r_2 --columns request)" <<END
{"request":{"argv":["x","}} {{ .secrets.ci }}; touch $T/ran"],"env":{"PORTLOG_RUN_ID":"r_2",$told}}}
END
check "of one rule" "$(dry --rule shop -o tsv --columns run_id,rule,verdict | tail -n 1)" "r_1	shop	runs"
check "at most so many" "$(dry -n 2 -o jsonl | wc -l)" 2
check "nothing was written" "$(sha256sum store.db)" "$before"
ok "nothing was run" test ! -e ran
check "the secret is nowhere" "$(dry -o json | grep -c hush)" 0
check_error "no such rule" 1 portlog --config rules.json dry-run --rule sho <<'END'
portlog: cannot try rule 'sho': there is none of that name
END
check_error "no rules" 2 portlog dry-run <<'END'
portlog: cannot try rules: the configuration has none; see portlog-config(5)
END
cat >kinds.json <<'END'
{"secrets": {"ci": "hush-hush"}, "rules": [
 {"name": "null", "match": {"action": "other"}, "exec": {"argv": ["x", "{{ .payload.none }}"]}},
 {"name": "nul", "match": {"action": "careful"}, "exec": {"argv": ["x", "{{ .payload.properties.service }}"]}},
 {"name": "web", "webhook": {"url": "https://ci/go", "headers": {"Authorization": "{{ .secrets.ci }}"},
  "query": {"s": "{{ .payload.properties.service }}"}, "body": {"n": "{{ .payload.properties.count }}"}}}]}
END
message r_5 careful '"a\u0000b"' | portlog import --topic org_1.runs - >/dev/null 2>&1
kinds() {
	portlog --config kinds.json dry-run -o jsonl "$@"
}
check "what would not be run, and why" "$(kinds --action other --action careful --columns rule,verdict,warning)" <<'END'
{"rule":"nul","verdict":"fails","warning":"signature: none\nexec.argv[1] must not hold a NUL character"}
{"rule":"nul","verdict":"runs","warning":"signature: none"}
{"rule":"null","verdict":"fails","warning":"signature: none\nexec.argv[1] is null: there is no such value"}
END
check "a webhook as it would be sent" "$(kinds --run r_1 --columns request)" <<'END'
{"request":{"method":"POST","url":"https://ci/go?s=shop","headers":{"Authorization":"***","Content-Type":"application/json"},"body":{"n":9007199254740993}}}
END
check "nor is the secret there" "$(kinds -o json | grep -c hush)" 0
portlog import - >/dev/null 2>&1 <<'END'
{"topic": "org_1.runs", "partition": 0, "offset": 9, "headers": ["RUN_ID", "r_9"], "payload": "{\"service\": \"x\"}"}
END
check "a run that stands in a header" "$(kinds --run r_9 --columns rule,verdict)" '{"rule":"web","verdict":"runs"}'
done_testing

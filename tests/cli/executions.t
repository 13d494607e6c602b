#!/bin/bash
# executions: what rules executed, listed, one shown with all its attempts, and what is asked of the
# recorder: retry and cancel, over its socket, here of a stand-in that remembers what it was asked.
. "$SRCDIR/tests/lib.sh"
export COLUMNS=110

# A store as a recorder leaves it: an export that holds local records restores all of it.
requests() { # NUMBER RUN TIME: a message that asks for a run
	printf '%s kafka {"action":"deploy","resourceType":"run","status":"TRIGGERED","trigger":{"at":"2026-11-05T%sZ","by":{"userId":"u1","user":{"email":"ana@hal.example"}},"origin":"UI"},"context":{"entity":"cart","blueprint":"service","runId":"%s"},"payload":{"action":{"identifier":"deploy_service"},"properties":{}}}\n' \
		"$3" "$3" "$2"
}
owed() { # SEQ RUN RULE KIND [MORE]
	printf '{"what":"execution.owed","seq":%s,"idx":0,"run_id":%s,"rules":[{"name":"%s","digest":"d1","kind":"%s"}]%s}\n' \
		"$1" "$2" "$3" "$4" "${5:-}"
}
started() { # EXECUTION ATTEMPT RULE KIND
	printf '{"what":"execution.started","execution":%s,"attempt":%s,"rule":"%s","digest":"d1","kind":"%s"}\n' "$@"
}
evil='\u001b[31mred\u202e\u0000end'
{
	requests 1 r_one 10:00:00
	echo "10:00:01 local $(owed 1 '"r_one"' deploy exec)"
	echo "10:00:02 local $(started 2 1 deploy exec)"
	echo '10:00:12 local {"what":"execution.ended","execution":2,"attempt":1,"state":"waiting","reason":"exit status 3","exit_code":3,"output":"no registry\n","next":1793872823500}'
	echo "10:00:23 local $(started 2 2 deploy exec)"
	echo '10:01:23 local {"what":"execution.ended","execution":2,"attempt":2,"state":"failed","reason":"exit status 4","exit_code":4,"output":"line 1\n\t'"$evil"'\n{\"a\":1}\n"}'
	echo '10:01:24 local {"what":"report.owed","execution":2,"run_id":"r_one","report":"status","method":"PATCH","path":"/v1/actions/runs/r_one","body":{"status":"FAILURE","n":1.10}}'
	echo '10:01:25 local {"what":"report.refused","report":7,"attempt":1,"http_status":404,"answer":"<no> '"$evil"'"}'
	requests 2 r_two 11:00:00
	echo "11:00:00 local $(owed 9 '"r_two"' restart webhook)"
	echo "11:00:00 local $(owed 9 '"r_two"' deploy exec ',"skipped":"older than an hour","once":true')"
	echo "11:00:01 local $(started 10 1 restart webhook)"
	echo '12:00:00 kafka {"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":"2026-11-05T12:00:00Z","by":{"userId":"u1"},"origin":"UI"},"context":{"entity":"shop","blueprint":"site"},"diff":{"before":{"identifier":"shop","properties":{"a":1}},"after":{"identifier":"shop","properties":{"a":2}}}}'
	echo "12:00:00 local $(owed 13 null notify webhook)"
	echo "12:00:01 local $(started 14 1 notify webhook)"
	echo '12:00:02 local {"what":"execution.ended","execution":14,"attempt":1,"state":"succeeded","http_status":204}'
	requests 3 r_three 13:00:00
	echo "13:00:00 local $(owed 17 '"r_three"' deploy exec)"
	echo "13:00:01 local $(started 18 1 deploy exec)"
	echo '13:00:02 local {"what":"execution.ended","execution":18,"attempt":1,"state":"waiting","reason":"exit status 3","exit_code":3,"output":"again","next":1793883663500}'
	requests 4 r_four 14:00:00
	echo "14:00:00 local $(owed 21 '"r_four"' "$evil" exec ',"once":true')"
	requests 5 r_five 14:00:01
	echo '14:00:02 local {"what":"report.owed","execution":10,"run_id":"r_two","report":"status","method":"PATCH","path":"/v1/actions/runs/r_two","body":{"status":"SUCCESS"}}'
	echo '14:00:03 local {"what":"report.sent","report":24,"attempt":1,"http_status":200}'
	echo '14:00:04 kafka {"action":"UPDATE","resourceType":"run","trigger":{"at":"2026-11-05T14:00:04Z","by":{"userId":"u1"},"origin":"UI"},"diff":{"before":{"id":"r_four","status":"IN_PROGRESS"},"after":{"id":"r_four","status":"FAILURE"}}}'
} >story
cat >restored.py <<'END'
import datetime, json, sys
for seq, line in enumerate(sys.stdin, 1):
    time, source, value = line.rstrip("\n").split(" ", 2)
    at = round(datetime.datetime.fromisoformat("2026-11-05T" + time + "+00:00").timestamp() * 1000)
    record = {"seq": seq, "source": source, "received": at, "payload": value}
    if source == "kafka":
        record |= {"topic": "org_Q.runs", "partition": 0, "epoch": 0, "offset": seq, "ts": at, "tstype": "create"}
    print(json.dumps(record))
END
python3 restored.py <story >whole
ok 'a store with executions' portlog import -q whole

portlog executions -o table >listed
check 'newest first, safe on a terminal' "$(cat listed)" <<'END'
ID  CREATED_AT UTC       STATE      RULE        KIND     RUN_ID   ATTEMPT  NEXT_AT UTC          REASON
22  2026-11-05 14:00:00  owed       \x1b[…0end  exec     r_four         0
18  2026-11-05 13:00:00  waiting    deploy      exec     r_three        1  2026-11-05 13:01:03  exit status 3
14  2026-11-05 12:00:00  succeeded  notify      webhook                 1
11  2026-11-05 11:00:00  skipped    deploy      exec     r_two          0                       older t…n hour
10  2026-11-05 11:00:00  running    restart     webhook  r_two          1
 2  2026-11-05 10:00:01  failed     deploy      exec     r_one          2                       exit status 4
END

check 'on a narrow terminal' "$(COLUMNS=72 portlog executions -o table -n 3)" <<'END'
ID  CREATED_AT UTC       STATE      RULE          RUN_ID   REASON
22  2026-11-05 14:00:00  owed       \x1b[3…00end  r_four
18  2026-11-05 13:00:00  waiting    deploy        r_three  exit status 3
14  2026-11-05 12:00:00  succeeded  notify
END
check 'on a wide one, when the next attempt is due' "$(COLUMNS=132 portlog executions -o table --state waiting)" <<'END'
ID  CREATED_AT UTC       STATE    RULE    KIND  RUN_ID   ATTEMPT  NEXT_AT UTC          REASON
18  2026-11-05 13:00:00  waiting  deploy  exec  r_three        1  2026-11-05 13:01:03  exit status 3
END

# What is listed.
ids() { # ARGUMENT...
	portlog executions -o text --columns id "$@" | tr '\n' ' '
}
check 'all' "$(ids)" '22 18 14 11 10 2 '
check 'a rule' "$(ids --rule deploy)" '18 11 2 '
check 'by wildcard, in any case, or another' "$(ids --rule 'RE*' --rule notify)" '14 10 '
check 'not a rule' "$(ids --not-rule deploy)" '22 14 10 '
check 'a state' "$(ids --state failed)" '2 '
check 'states' "$(ids --state FAILED --state 's*')" '14 11 2 '
check 'what is open' "$(ids --state open)" '22 18 10 '
check 'what is not' "$(ids --not-state open)" '14 11 2 '
check 'a status is a state' "$(ids --status failed) $(ids --not-status open)" '2  14 11 2 '
check 'a run' "$(ids --run r_two)" '11 10 '
check 'none' "$(ids --run r_five)" ''
check 'both' "$(ids --run r_two --state running)" '10 '
check 'since' "$(ids --since 2026-11-05T12:00:00Z)" '22 18 14 '
check 'until' "$(ids --until 2026-11-05T12:00:00Z)" '11 10 2 '
check 'at most so many' "$(ids -n 2)" '22 18 '
check 'the other way round' "$(ids -n 2 -r)" '18 22 '
check 'the feed: each where it changed last' "$(ids --after 10 -n 3)" '11 10 14 '
check 'counted' "$(portlog executions --count --not-rule deploy)" 3
check 'for machines' "$(portlog executions -o json --columns all --run r_one)" <<'END'
[
{"id":2,"seq":1,"idx":0,"created_at":"2026-11-05T10:00:01.000Z","state":"failed","rule":"deploy","kind":"exec","run_id":"r_one","attempt":2,"started_at":"2026-11-05T10:00:23.000Z","ended_at":"2026-11-05T10:01:23.000Z","next_at":null,"exit_code":4,"http_status":null,"reason":"exit status 4","output":"line 1\n\t\u001b[31mred‮\u0000end\n{\"a\":1}\n","last_seq":6}
]
END
check 'columns are those of the view' "$(portlog executions -o tsv --columns all -n 0 | tr '\t' '\n' | sort)" \
	"$(portlog sql -o tsv 'SELECT * FROM executions LIMIT 0' | tr '\t' '\n' | sort)"
check_error 'a filter that it has no field for' 2 portlog executions --entity cart <<'END'
portlog: cannot run 'executions': 'portlog executions' has no field for --entity; 'portlog log' or 'portlog runs' has
END

# One of them.
portlog executions show 2 >shown
check 'all of it, safe on a terminal' "$(cat shown)" <<'END'
id           2
state        failed
reason       exit status 4
rule         deploy
digest       d1
kind         exec
attempt      2
created_at   2026-11-05 10:00:01
started_at   2026-11-05 10:00:23
ended_at     2026-11-05 10:01:23
exit_code    4
run_id       r_one
action       deploy
blueprint    service
entity       cart
actor        ana@hal.example
seq          1
idx          0

TIME UTC              AFTER  WHAT     ATTEMPT  RULE    EXIT_CODE  NEXT_AT UTC          REASON
2026-11-05 10:00:01          owed
2026-11-05 10:00:02    1.0s  started        1  deploy
2026-11-05 10:00:12   10.0s  waiting        1                  3  2026-11-05 10:00:23  exit status 3
2026-11-05 10:00:23   11.0s  started        2  deploy
2026-11-05 10:01:23  1m 00s  failed         2                  4                       exit status 4

ID  WHAT    STATE    CREATED_AT UTC       ENDED_AT UTC         ATTEMPT  HTTP_STATUS  ANSWER
 7  status  refused  2026-11-05 10:01:24  2026-11-05 10:01:25        1          404  <no> \x1b[31mred\u202e\x…

OUTPUT
line 1
	\x1b[31mred\u202e\x00end
{"a":1}
END
check 'by its run' "$(portlog executions show r_one)" "$(cat shown)"
check 'the output as it was' "$(portlog executions show 2 --raw | od -c)" "$(printf 'line 1\n\t\e[31mred\xe2\x80\xae\0end\n{"a":1}\n' | od -c)"
check 'one without a run: what the change tells' "$(portlog executions show 14)" <<'END'
id           14
state        succeeded
rule         notify
digest       d1
kind         webhook
attempt      1
created_at   2026-11-05 12:00:00
started_at   2026-11-05 12:00:01
ended_at     2026-11-05 12:00:02
http_status  204
blueprint    site
entity       shop
actor        ana@hal.example
seq          13
idx          0

TIME UTC             AFTER  WHAT       ATTEMPT  RULE    EXIT_CODE  HTTP_STATUS  NEXT_AT UTC  BY  REASON
2026-11-05 12:00:00         owed
2026-11-05 12:00:01   1.0s  started          1  notify
2026-11-05 12:00:02   1.0s  succeeded        1                             204
END
check 'for machines, with each output' "$(portlog executions show 2 -o json | python3 -c '
import json, sys
x = json.load(sys.stdin)
print(x["id"], x["state"], x["attempt"], x["entity"], x["action"], x["actor"], ascii(x["output"]))
for s in x["steps"]:
    print(s["time"], s["what"], s["attempt"], s["exit_code"], s["next_at"], s["seq"], ascii(s["output"]))
for r in x["reports"]:
    print(r["id"], r["what"], r["state"], r["http_status"], r["attempt"], r["body"], ascii(r["answer"]))')" <<'END'
2 failed 2 cart deploy ana@hal.example 'line 1\n\t\x1b[31mred\u202e\x00end\n{"a":1}\n'
2026-11-05T10:00:01.000Z owed None None None 2 None
2026-11-05T10:00:02.000Z started 1 None None 3 None
2026-11-05T10:00:12.000Z waiting 1 3 2026-11-05T10:00:23.500Z 4 'no registry\n'
2026-11-05T10:00:23.000Z started 2 None None 5 None
2026-11-05T10:01:23.000Z failed 2 4 None 6 'line 1\n\t\x1b[31mred\u202e\x00end\n{"a":1}\n'
7 status refused 404 1 {'status': 'FAILURE', 'n': 1.1} '<no> \x1b[31mred\u202e\x00end'
END

check_error 'an execution that is not here' 1 portlog executions show 3 <<'END'
portlog: no execution here has the number 3; 'portlog executions' lists them
END
check_error 'nor can be' 1 portlog executions show 99999999999999999999 <<'END'
portlog: no execution here has the number 99999999999999999999; 'portlog executions' lists them
END
check_error 'a run that is not here' 1 portlog executions show r_oen <<'END'
portlog: no run here is called 'r_oen'; did you mean 'r_one'?
END
check_error 'a run that has none' 1 portlog executions show r_five <<'END'
portlog: run 'r_five' has no execution
END
check_error 'a run that has several' 1 portlog executions show r_two <<'END'
portlog: run 'r_two' has several executions, the last are 10, 11: name one by its number
END
check_error 'nothing is named' 2 portlog executions show <<'END'
portlog: cannot run 'executions': it must be said which execution to show: its number, or its run
END
check_error 'a word that is none' 2 portlog executions shwo 2 <<'END'
portlog: cannot run 'executions': 'shwo' is none of show, retry and cancel; did you mean 'show'?
END
check_error 'a number alone' 2 portlog executions 2 <<'END'
portlog: cannot run 'executions': it must be said what to do with execution 2: show, retry or cancel
END
check_error 'a filter beside one' 2 portlog executions show 2 --rule deploy <<'END'
portlog: cannot run 'executions': --rule is for listing; show takes one execution
END
check_error 'no table of one' 2 portlog executions show 2 -o csv <<'END'
portlog: cannot run 'executions': one thing is no table; -o takes text, json or jsonl
END
check_error '--raw beside a list' 2 portlog executions --raw <<'END'
portlog: cannot run 'executions': --raw goes with show
END
check_error '--reason beside a list' 2 portlog executions --reason x <<'END'
portlog: cannot run 'executions': --reason goes with retry and cancel
END

background "$PORTLOG" executions --follow -o text --columns id --rule deploy
followed() {
	[ "$(tr '\n' ' ' <"$LOGS/$pid.out")" = '2 11 18 ' ]
}
ok 'followed: the last ones, oldest first' wait_for 20 followed
stop "$pid" INT
check 'until Ctrl-C' $status 130

# What a message, or a program, may have said drives no terminal, whatever is asked for.
on_terminal() { # ARGUMENT...
	script -qec "$(printf '%q ' "$PORTLOG" --no-pager --color never "$@")" /dev/null </dev/null
}
for what in '-o table' '-o text' '-o json' '-o csv --columns all' 'show 2' 'show 2 --raw' 'show 2 -o json' 'show 22' \
	'show 22 -o json' '--rule \033[31mx'; do
	on_terminal executions ${what} >seen
	ok "something is shown: $what" test -s seen
	ok "nothing raw on a terminal: $what" ! grep -q $'\e\|\u202e' seen
done

# Completion.
offered() {
	portlog complete words -- executions "$@" | tail -n +2 | cut -f 1 | tr '\n' ' '
}
check 'verbs' "$(offered '')" 'show retry cancel '
check 'executions, newest first, and runs' "$(offered show '' | cut -d ' ' -f 1-6)" '22 18 14 11 10 2'
check 'those that begin so' "$(offered retry 1)" '18 14 11 10 '
check 'runs' "$(offered cancel r_t)" 'r_three r_two '
check 'what is offered with them' "$(portlog complete words -- executions show 18 | tail -n 1)" $'18\twaiting deploy r_three'
check 'rules, but those that would drive a terminal' "$(offered --rule '')" 'deploy notify restart '
check 'states' "$(offered --state s)" 'succeeded skipped '
check 'by their other name' "$(offered --status s)" 'succeeded skipped '
check 'columns' "$(offered --columns id,next)" 'id,next_at '
check 'no filter that it has no field for' "$(offered --enti)$(offered --prop)" ''

check 'status counts what is not over' "$(portlog status | grep -E '^(executions|reports)')" \
	'executions 1 owed, 1 running, 1 waiting'
status_of() {
	portlog status -o json | python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["executions"], s["reports"])'
}
check 'for machines' "$(status_of)" "{'owed': 1, 'running': 1, 'waiting': 1} {'pending': 0}"
check 'for Prometheus' "$(portlog status -o prometheus | grep -E '^portlog_(exec|rep)')" <<'END'
portlog_executions{state="owed"} 1
portlog_executions{state="running"} 1
portlog_executions{state="waiting"} 1
portlog_reports_pending 0
END

# Asking the recorder: there is none, then a stand-in.
check_error 'why?' 2 portlog executions retry 2 <<'END'
portlog: cannot run 'executions': it must be said why, for it stands in the journal with your name: 'portlog executions retry 2 --reason "the registry is back"'
END
check_error 'blank is no reason' 2 portlog executions cancel r_one --reason ' ' <<'END'
portlog: cannot run 'executions': it must be said why, for it stands in the journal with your name: 'portlog executions cancel r_one --reason "asked for by mistake"'
END
check_error 'a reason is no book' 2 portlog executions cancel 2 --reason "$(printf '%5000s' x)" <<'END'
portlog: cannot run 'executions': the reason may have at most 4096 bytes
END
check_error 'nobody is there' 4 portlog executions retry 2 --reason why <<END
portlog: cannot retry execution 2: no recorder runs on '$PORTLOG_STORE', and only it executes; start it with 'portlog record', then ask again
END

cat >stand_in.py <<'END'
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind("store.db.sock")
listener.listen()
while True:
    client, _ = listener.accept()
    with client, open("asked", "ab") as asked, open("answer", "rb") as answer:
        line = b""
        while not line.endswith(b"\n"):
            line += client.recv(4096)
        asked.write(line)
        asked.flush()
        client.sendall(answer.read())
END
background python3 stand_in.py
ok 'a stand-in for the recorder' wait_for 20 test -S store.db.sock
echo '{"ok":true}' >answer
check_output 'retried' portlog executions retry 2 --reason 'the "registry" is back' <<'END'
execution 2 is owed again
END
check_output 'cancelled, by its run' portlog executions cancel r_three --reason 'ein Versehen, µ' <<'END'
execution 18 is cancelled
END
check_output 'one that runs' portlog executions cancel 10 --reason 'too slow' <<'END'
execution 10 runs, and is being stopped
END
check_output 'quietly' portlog -q executions cancel 10 --reason why </dev/null
check_output 'again, and how Port has its run' portlog executions retry 11 --again --reason why <<'END'
execution 11 is owed again
run r_two has already ended at Port (SUCCESS); the result of this attempt will not change it
END
check_output 'and as what' portlog executions retry 22 --reason why <<'END'
execution 22 is owed again
run r_four has already ended at Port (FAILURE); the result of this attempt will not change it
END
check_output 'cancelling is no attempt' portlog executions cancel 22 --reason why <<'END'
execution 22 is cancelled
END
check_error '--again is for retry' 2 portlog executions cancel 22 --again --reason why <<'END'
portlog: cannot run 'executions': --again goes with retry
END
check 'what the recorder was asked' "$(cat asked)" <<END
{"ask":"retry","id":2,"reason":"the \"registry\" is back","by":"$(id -un)"}
{"ask":"cancel","id":18,"reason":"ein Versehen, µ","by":"$(id -un)"}
{"ask":"cancel","id":10,"reason":"too slow","by":"$(id -un)"}
{"ask":"cancel","id":10,"reason":"why","by":"$(id -un)"}
{"ask":"retry","id":11,"reason":"why","by":"$(id -un)","again":true}
{"ask":"retry","id":22,"reason":"why","by":"$(id -un)"}
{"ask":"cancel","id":22,"reason":"why","by":"$(id -un)"}
END
rm asked
check_error 'what is not here is not asked for' 1 portlog executions retry 3 --reason why <<'END'
portlog: no execution here has the number 3; 'portlog executions' lists them
END
ok 'nor anything else' test ! -e asked
printf '{"error":"it runs \\u001b[31mnow"}\n' >answer
check_error 'the recorder refuses' 1 portlog executions retry 10 --reason why <<'END'
portlog: cannot retry execution 10: it runs \x1b[31mnow
END
for nonsense in '{"ok":false}' '{}' '[]' '{"ok":1}' 'ok'; do
	echo "$nonsense" >answer
	check_error "nonsense: $nonsense" 4 portlog executions retry 10 --reason why <<'END'
portlog: cannot retry execution 10: the recorder answers nonsense; is it another version?
END
done
: >answer
check_error 'no answer' 4 portlog executions cancel 10 --reason why <<'END'
portlog: cannot cancel execution 10: the recorder did not answer in time; the request may still be carried out: 'portlog executions show 10' tells
END
stop "$pid"

# Who asked for what, and each state.
{
	requests 1 r_one 10:00:00
	echo "10:00:01 local $(owed 1 '"r_one"' deploy exec)"
	echo "10:00:02 local $(started 2 1 deploy exec)"
	echo '10:00:03 local {"what":"execution.ended","execution":2,"attempt":1,"state":"timed_out","reason":"after 1 s"}'
	echo '10:00:04 local {"what":"retry","execution":2,"reason":"slow disk","by":"ana"}'
	echo "10:00:05 local $(started 2 2 deploy exec)"
	echo '10:00:06 local {"what":"cancel","execution":2,"reason":"enough","by":"vik"}'
	echo '10:00:07 local {"what":"execution.ended","execution":2,"attempt":2,"state":"cancelled","reason":"enough","output":"'"$(printf '%70000s' x)"'"}'
	next=9
	for state in owed running waiting succeeded failed timed_out skipped interrupted cancelled; do
		echo "11:00:00 local $(owed 1 null "$state" exec)"
		case $state in
		owed) ;;
		running) echo "11:00:01 local $(started $next 1 $state exec)" ;;
		*) echo "11:00:02 local {\"what\":\"execution.ended\",\"execution\":$next,\"attempt\":0,\"state\":\"$state\"}" ;;
		esac
		[ $state = owed ] && next=$((next + 1)) || next=$((next + 2))
	done
	echo '12:00:00 local {"what":"report.owed","execution":2,"run_id":"r_one","report":"log","method":"POST","path":"/v1","body":{}}'
} >story
python3 restored.py <story >whole
export PORTLOG_STORE=$T/second.db
ok 'another store' portlog import -q whole
check 'status, with a report that Port has not had' "$(portlog status | grep -E '^(executions|reports)')" <<'END'
executions 1 owed, 1 running, 1 waiting
reports    1 pending
END
check 'who asked for what' "$(portlog executions show r_one | sed -n '/^TIME/,/^$/p')" <<'END'
TIME UTC             AFTER  WHAT       ATTEMPT  RULE    EXIT_CODE  HTTP_STATUS  NEXT_AT UTC  BY   REASON
2026-11-05 10:00:01         owed
2026-11-05 10:00:02   1.0s  started          1  deploy
2026-11-05 10:00:03   1.0s  timed_out        1                                                    after 1 s
2026-11-05 10:00:04   1.0s  retry                                                            ana  slow disk
2026-11-05 10:00:05   1.0s  started          2  deploy
2026-11-05 10:00:06   1.0s  cancel                                                           vik  enough
2026-11-05 10:00:07   1.0s  cancelled        2                                                    enough
END
check 'all of an output, of which the view has so much' "$(portlog executions show r_one --raw | wc -c) $(portlog executions --run r_one --columns output -o text | wc -c)" '70000 65537'
check 'each state is found by its word' "$(for state in owed running waiting succeeded failed timed_out skipped interrupted cancelled; do
	portlog executions --not-rule deploy -o text --columns rule,state --state $state
done)" "$(for state in owed running waiting succeeded failed timed_out skipped interrupted cancelled; do
	printf '%s\t%s\n' $state $state
done)"

export PORTLOG_STORE=$T/third.db
ok 'a store without executions' portlog import -q -t org_Q.runs "$SRCDIR/tests/data/messages/v02_entity_created.json"
check 'status says nothing of them' "$(portlog status | grep -E '^(executions|reports)')" ''
check 'machines are told' "$(status_of)" "{'owed': 0, 'running': 0, 'waiting': 0} {'pending': 0}"
check 'nor is one listed' "$(portlog executions -o table)" ''

# Where a clock was put back, what is of one time lies far apart in the journal.
python3 >whole <<'END'
import json
for seq in range(1, 30001):
    at = 1793872800000 if seq in (2, 29002) else 1794000000000 + seq * 1000
    record = {"seq": seq, "source": "kafka", "topic": "t", "partition": 0, "epoch": 0, "offset": seq, "ts": at,
              "tstype": "create", "received": at, "payload": "x"}
    if seq % 1000 == 2:
        record = {"seq": seq, "source": "local", "received": at, "payload": json.dumps(
            {"what": "execution.owed", "seq": seq - 1, "idx": 0, "run_id": None,
             "rules": [{"name": f"rule {seq % 3}", "digest": "d", "kind": "exec"}]}, separators=(",", ":"))}
    print(json.dumps(record))
END
export PORTLOG_STORE=$T/apart.db
ok 'a store of many records' portlog import -q whole
check 'what is far apart is found' "$(ids --until 2026-11-06) $(ids --since 2026-11-05 --until 2026-11-06 --rule 'rule 1')" '29002 2  29002 '
check 'with what the feed has' "$(ids --until 2026-11-06 --after 2)" '29002 '
check 'and counted' "$(portlog executions --count --until 2026-11-06) $(portlog executions --count --since 2026-11-06)" '2 28'

done_testing

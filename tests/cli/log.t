#!/bin/bash
# log, runs and records: what is listed, in which form for which width, and what is said of names that
# are wrong. The history: two changes of service/checkout (one failed), the life of service/ledger,
# three runs, and a line that is no JSON.
. "$SRCDIR/tests/lib.sh"

for name in v02_entity_created v01_entity_updated v06_run_kafka v13_run_created v13_run_approved \
	v13_run_ended v03_entity_deleted v18_audit_failure; do
	cat "$SRCDIR/tests/data/messages/$name.json"
	echo
done >messages
echo 'not json' >>messages
ok 'the history is here' portlog import -t org_Q.runs messages

tabs() {
	sed 's/ *| */\t/g; s/¦/|/'
}

check 'log: text in a pipe, uncut, no header' "$(portlog log)" "$(tabs <<'END'
8|2026-11-07 07:00:00|UPDATE|FAILURE|service|checkout|Zk3@clients||
7|2026-11-02 09:32:00|DELETE|SUCCESS|service|ledger|ada@quay.example||identifier, title, blueprint
1|2026-11-02 09:31:00|CREATE|SUCCESS|service|ledger|Zk3@clients||identifier, title, blueprint
2|2026-11-02 09:30:00|UPDATE|SUCCESS|service|checkout|ada@quay.example||title, replicas
END
)"
export COLUMNS=40
check_output 'log: a narrow table leaves columns out' portlog log -o table <<'END'
TIME UTC             STATUS   ENTITY
2026-11-07 07:00:00  FAILURE  checkout
2026-11-02 09:32:00  SUCCESS  ledger
2026-11-02 09:31:00  SUCCESS  ledger
2026-11-02 09:30:00  SUCCESS  checkout
END
export COLUMNS=80
check_output 'log: 80 columns' portlog log -o table <<'END'
TIME UTC             OPERATION  STATUS   ENTITY    ACTOR         CHANGED
2026-11-07 07:00:00  UPDATE     FAILURE  checkout  Zk3@clients
2026-11-02 09:32:00  DELETE     SUCCESS  ledger    ada@qu…ample  identifier, ti…
2026-11-02 09:31:00  CREATE     SUCCESS  ledger    Zk3@clients   identifier, ti…
2026-11-02 09:30:00  UPDATE     SUCCESS  checkout  ada@qu…ample  title, replicas
END
export COLUMNS=200
check_output 'log: all of it where there is room' portlog log -n 2 -o table <<'END'
SEQ  TIME UTC             OPERATION  STATUS   BLUEPRINT  ENTITY    ACTOR             ACTION  CHANGED
  8  2026-11-07 07:00:00  UPDATE     FAILURE  service    checkout  Zk3@clients
  7  2026-11-02 09:32:00  DELETE     SUCCESS  service    ledger    ada@quay.example          identifier, title, blueprint
END
check_output 'times are in the zone that the heading names' \
	portlog --tz Europe/Berlin log -n 1 -o table --columns time,entity <<'END'
TIME Europe/Berlin   ENTITY
2026-11-07 08:00:00  checkout
END
check_output 'a failure stands out in colour' portlog --color always log -n 1 -o table --columns status <<END
$(printf '\033[1mSTATUS\033[m\n\033[1;31mFAILURE\033[m')
END
check_output 'an ENTITY argument, --reverse' portlog log service/CHECKOUT -r --columns seq <<'END'
2
8
END
check_output 'csv' portlog log /ledger -o csv --columns seq,changed,message <<END
$(printf 'seq,changed,message\r\n7,"[""identifier"",""title"",""blueprint""]",\r\n1,"[""identifier"",""title"",""blueprint""]",\r\n')
END
check_output 'json is one array' portlog log -n 2 -o json --columns seq,entity,changed <<'END'
[
{"seq":8,"entity":"checkout","changed":[]},
{"seq":7,"entity":"ledger","changed":["identifier","title","blueprint"]}
]
END
check_output 'an empty listing is none the worse' portlog log --user nobody </dev/null
check 'and counted' "$(portlog log --user nobody --count)" 0

check 'runs' "$(portlog runs)" "$(tabs <<'END'
r_outer|2026-11-05 10:00:09||forward_runs|||auth0¦5f09||
r_inner|2026-11-05 10:00:00|SUCCESS|deploy_service|service|checkout|cleo@quay.example|59m 58s|done
run_7mQ|2026-11-03 10:05:00|IN_PROGRESS|create_vm|vm||ada@quay.example||
END
)"
check_output 'runs: in progress' portlog runs --status in_* --columns run_id,status <<'END'
run_7mQ	IN_PROGRESS
END
check 'log --runs: the runs between them, and which is which' \
	"$(portlog log --runs --columns time,what,operation,status,entity,run_id,changed)" "$(tabs <<'END'
2026-11-07 07:00:00|change|UPDATE|FAILURE|checkout|r_V7|
2026-11-05 10:00:09|run|UPDATE|||r_outer|
2026-11-05 10:00:00|run|DAY-2|SUCCESS|checkout|r_inner|
2026-11-03 10:05:00|run|CREATE|IN_PROGRESS||run_7mQ|
2026-11-02 09:32:00|change|DELETE|SUCCESS|ledger||identifier, title, blueprint
2026-11-02 09:31:00|change|CREATE|SUCCESS|ledger||identifier, title, blueprint
2026-11-02 09:30:00|change|UPDATE|SUCCESS|checkout||title, replicas
END
)"
check_output 'only those on an entity; what one of them lacks is null' \
	portlog log checkout --runs -r -n 2 -o jsonl --columns seq,idx,what,kind,message,inputs <<'END'
{"seq":4,"idx":null,"what":"run","kind":"action","message":null,"inputs":{"version":"2.0"}}
{"seq":8,"idx":0,"what":"change","kind":null,"message":"\"replicas\" must be a number","inputs":null}
END
check_error 'runs have no properties that change' 2 portlog log --runs --property title <<'END'
portlog: cannot run 'log': 'portlog log --runs' has no field for --property; 'portlog log' has
END
check_output 'records: newest first' portlog records -n 2 --columns seq,source,topic,size,problem <<'END'
9	import	org_Q.runs	8	not_json
8	import	org_Q.runs	325	
END
check_output 'records that have a problem' portlog records --problem any --columns seq,problem,value <<'END'
9	not_json	not json
END
check 'and those that have not' "$(portlog records --not-problem any --count)" 8

check_error 'a filter without a field names the command that has it' 2 portlog runs --property title <<'END'
portlog: cannot run 'runs': 'portlog runs' has no field for --property; 'portlog log' has
END
check_error 'records have no entity' 2 portlog records --entity x <<'END'
portlog: cannot run 'records': 'portlog records' has no field for --entity; 'portlog log' or 'portlog runs' has
END
check_error 'a column that is not' 2 portlog log --columns seq,tme <<'END'
portlog: cannot run 'log': no column is called 'tme'; did you mean 'time'?
END
check_error 'an entity named as an argument must be there' 1 portlog log chekout <<'END'
portlog: no entity here is called 'chekout'; did you mean 'checkout'?
END
check_error 'a search without a word' 2 portlog log --search ' ' <<'END'
portlog: cannot run 'log': --search ' ' has no word in it
END
check_error 'an array never ends when followed' 2 portlog log -f -o json <<'END'
portlog: cannot run 'log': --follow never ends, an array does; -o jsonl gives a line for each
END

# Following: what is there, then what comes, also for a name that was not there at first.
background "$PORTLOG" log -f -n 2 --columns seq,entity
all=$pid
background "$PORTLOG" log -f --entity widget --columns seq,entity
one=$pid
shows() {
	[ "$(tr '\t\n' '  ' <"$LOGS/$1.out")" = "$2" ]
}
ok 'the last two by arrival, oldest first' wait_for 10 shows "$all" '7 ledger 8 checkout '
sed 's/checkout/widget/g' "$SRCDIR/tests/data/messages/v01_entity_updated.json" >more
ok 'one more is recorded' portlog import -t org_Q.runs more
ok 'and shown' wait_for 10 shows "$all" '7 ledger 8 checkout 10 widget '
ok 'also by the filter that named nothing before' wait_for 10 shows "$one" '10 widget '
stop "$all"
stop "$one"

(
	portlog log -f --columns seq
	echo "$?" >followed
) | head -n 1 >/dev/null
ok 'a reader that goes away ends it' wait_for 10 test -s followed

# What a run becomes is told when it happens: by each record that changes it, and by no other.
export PORTLOG_STORE=$T/lives.db
happens() { # TOPIC MESSAGE...
	for name in "${@:2}"; do
		cat "$SRCDIR/tests/data/messages/$name.json"
		echo
	done >happened
	portlog import -q -t "$1" happened
}
happens org_Q.runs v13_run_created
background "$PORTLOG" runs -f -o text --columns run_id,status
all=$LOGS/$pid.out
background "$PORTLOG" runs -f -o text --columns run_id,status --status FAILURE
failures=$LOGS/$pid.out
begun=$'r_outer\t\nr_inner\tWAITING_FOR_APPROVAL'
ok 'runs as they are' wait_for 10 eval '[ "$(cat "$all")" = "$begun" ]'
happens org_Q.runs v13_run_label
ok 'one goes on' wait_for 10 eval '[ "$(cat "$all")" = "$begun"$'"'"'\nr_inner\tIN_PROGRESS'"'"' ]'
happens org_Q.runs v13_run_declined
ok 'and ends' wait_for 10 grep -q 'r_inner.FAILURE' "$all"
happens org_Q.again v13_run_declined v13_run_label
happens org_Q.runs v10_run_id
ok 'another begins' wait_for 10 eval '[ "$(wc -l <"$all")" -ge 5 ]'
check 'told again, it is nothing new' "$(sed -n '4,5s/\t.*//p' "$all" | tr '\n' ' ')" 'r_inner r_V10b '
check 'each failure when it happens' "$(cat "$failures")" $'r_inner\tFAILURE'
check 'the feed goes on where it was left' "$(portlog runs --after 3 -o text --columns run_id,last_seq)" $'r_V10b\t6'

# Nothing to show, and why: of a store that has none of it, in a pipe, too; a filter that was mistyped.
export PORTLOG_STORE=$T/empty.db
: >nothing
ok 'a store with nothing in it' portlog import -q -t org_Q.runs nothing
for command in log runs records executions 'log --runs' 'stats --by user' 'log --count' 'runs --status SUCESS'; do
	# shellcheck disable=SC2086
	run portlog $command
	check "an empty store: $command" "$err" 'the store is empty: nothing has been recorded or imported yet'
	check "is no mistake: $command" "$status" 0
done
check 'quietly' "$(portlog -q log 2>&1)" ''
export PORTLOG_STORE=$T/runs_only.db
happens org_Q.runs v06_run_kafka
check 'no change reached it' "$(portlog log 2>&1)" 'no change of the catalog is recorded here yet'
check 'nor a rule' "$(portlog executions 2>&1)" 'nothing has been executed by the rules of this store yet'
check 'what is there is listed without a word' "$(portlog runs --columns run_id 2>&1)" run_7mQ
check 'a status that nothing has' "$(portlog runs --status IN_PROGRES 2>&1)" \
	"no status here is called 'IN_PROGRES'; did you mean 'IN_PROGRESS'?"

check "a status by Port's own word" "$(portlog runs --status triggered --columns run_id 2>&1)" run_7mQ
check 'or without' "$(portlog runs --count --not-status TRIGGERED 2>&1)" 0

# A time of day alone: --until is the first one after --since, whatever the time is now.
between() { # NOW SINCE UNTIL
	PORTLOG_NOW=2026-11-03T$1:00Z portlog runs --since "$2" --until "$3" --columns run_id
}
check 'from an hour ago to one to come' "$(between 10:30 10:00 11:00)" run_7mQ
check 'the same in the evening' "$(between 23:00 10:00 11:00)" run_7mQ
check 'over midnight' "$(PORTLOG_NOW=2026-11-03T12:00:00Z portlog runs --since 23:00 --until 10:30 --columns run_id)" run_7mQ
check 'of a day' "$(PORTLOG_NOW=2026-11-09T12:00:00Z portlog runs --since 2026-11-03 --until 10:30 --columns run_id)" run_7mQ
check 'of a day, too early' "$(PORTLOG_NOW=2026-11-09T12:00:00Z portlog runs --since 2026-11-03 --until 10:00 --columns run_id)" ''
for command in log runs records executions stats dry-run; do
	check_error "a window with nothing in it: $command" 2 portlog $command --since today --until yesterday <<END
portlog: cannot run '$command': no time lies between --since and --until: 2026-11-23 00:00:00 is not after 2026-11-24 00:00:00
END
done

# Each filter that a command's help lists is taken, each other one names a command that has it.
filters() {
	portlog "$1" --help | grep -o -e '--not-[a-z][a-z]*' | sed 's/not-//' | sort
}
for command in log runs records executions stats; do
	filters $command
done | sort -u >every
for command in log runs records executions stats; do
	filters $command >own
	for filter in $(cat own); do
		portlog $command "$filter" x >/dev/null 2>said || cat said
	done >refused
	check "taken: $command" "$(cat refused)" ''
	for filter in $(comm -13 own every); do
		! portlog $command "$filter" x >/dev/null 2>said || echo "$filter"
		grep -q "has no field for $filter; 'portlog .* has\$" said || cat said
	done >taken
	check "refused: $command" "$(cat taken)" ''
done
check_error 'also by a command without filters' 2 portlog why --not-user x <<'END'
portlog: cannot run 'why': it has no field for --not-user; 'portlog log' or 'portlog runs' or 'portlog stats' has
END

# What changed of other resources than entities.
for name in v18_audit_blueprint v18_audit_integration v18_audit_scorecard v18_resync v04_timer_by_port; do
	cat "$SRCDIR/tests/data/messages/$name.json"
	echo
done >others
export PORTLOG_STORE=$T/others.db
ok 'changes of a blueprint, an integration, a scorecard' portlog import -t org_Q.runs others
check_output 'log: what they changed, and who' portlog log --columns resource,entity,changed,actor <<END
$(tabs <<'ROWS'
integration|k8s||auth0¦5f01
integration|k8s|title|auth0¦5f01
scorecard|ready|identifier, title, blueprint, rules|auth0¦5f01
blueprint||title|auth0¦5f01
entity|vm-7||port
ROWS
)
END
check_output 'sql: the same' portlog sql 'SELECT resource, blueprint, path, new FROM property_changes ORDER BY seq' <<END
$(tabs <<'ROWS'
blueprint|service|title|"Services"
integration||title|"Cluster EU"
scorecard|service|identifier|"ready"
scorecard|service|title|"Ready"
scorecard|service|blueprint|"service"
scorecard|service|rules|[]
ROWS
)
END
check_output 'a property of any resource is found' portlog log --property title --columns resource <<'END'
integration
scorecard
blueprint
END

done_testing

#!/bin/bash
# Automations that only send events to portlog: their runs are left out of what people ask about runs,
# no rule fits them, and nothing is hidden by their mark. r_F1 has the mark, r_F2 the name of an older
# example; r_F3 to r_F7 have the mark and ask for more, or carry nothing; r_V12 has no mark.
. "$SRCDIR/tests/lib.sh"

for name in v12_feed v12_feed_by_name v12_feed_of_person v12_feed_that_asks v12_feed_with_inputs \
	v12_feed_without_event v12_feed_unknown_mark v12_automation_entity v11_trigger_data; do
	cat "$SRCDIR/tests/data/messages/$name.json"
	echo
done >messages
ok 'the history is here' portlog import -t org_Q.runs messages

ids() {
	portlog "$@" -o text --columns run_id | sort | xargs
}
asked='r_F3 r_F4 r_F5 r_F6 r_F7 r_V11 r_V12'
check 'runs: those that were asked for' "$(ids runs)" "$asked"
check 'runs --all' "$(ids runs --all)" "r_F1 r_F2 $asked"
check 'runs --kind feed' "$(ids runs --kind feed)" 'r_F1 r_F2'
check 'runs --kind of others' "$(ids runs --kind action)" 'r_V11'
check 'runs by who and by arrival' "$(ids runs --user ada) / $(ids runs --after 0)" \
	"r_F3 r_F4 r_F5 r_F6 r_F7 / $asked"
check '--count' "$(portlog runs --count) $(portlog runs --count --all) $(portlog runs --count --kind feed)" '7 9 2'
check 'log --runs' "$(portlog log --runs -o tsv --columns what | sort | uniq -c | xargs)" '7 change 7 run 1 what'
check 'log --runs --all' "$(portlog log --runs --all -o tsv --columns what | sort | uniq -c | xargs)" \
	'7 change 9 run 1 what'
check 'log --runs --kind' "$(ids log --runs --kind feed)" 'r_F1 r_F2'
check 'each change is listed' "$(portlog log --count)" 7
check 'stats' "$(portlog stats --by origin -o tsv --columns origin,changes,runs)" <<'END'
origin	changes	runs
UI	7	2
AUTOMATION	0	5
END
check 'stats --kind' "$(portlog stats --by action --kind feed -o tsv --columns action,changes,runs)" <<'END'
action	changes	runs
feed_services	0	1
portlog_changes_service	0	1
END
check 'records --feed' "$(portlog records --feed --columns seq | xargs)" '2 1'
check 'records --kind' "$(portlog records --kind action --columns seq | xargs)" 9
check 'show: what it is for' "$(portlog show r_F2 | grep -E '^kind|carried' | tr -s ' ')" <<'END'
kind feed
2026-11-09 09:00:01 2 requested ada@quay.example carried record 2
END
ok 'status counts them' grep -qx 'feeds      2 runs of automations that only send events to portlog' <(portlog status)
ok 'also for machines' grep -q '"feeds":2,' <(portlog status -o json)
ok 'and Prometheus' grep -qx 'portlog_feeds 2' <(portlog status -o prometheus)
check 'sql: the kind tells' "$(portlog sql "SELECT count(*) FROM runs WHERE kind <> 'feed'")" 7
check_error 'changes have no kind' 2 portlog log --kind feed <<'END'
portlog: cannot run 'log': 'portlog log' has no field for --kind; 'portlog runs' or 'portlog records' has
END

cat >rules.json <<'END'
{"rules": [{"name": "any", "exec": {"argv": ["true"]}}, {"name": "step", "on": "run_update", "exec": {"argv": ["true"]}}]}
END
check 'no rule fits' "$(portlog --config rules.json dry-run -o text --columns run_id | sort | xargs)" "$asked"

# Other names in the configuration take the place of those that the examples have.
echo '{"feeders": ["forward_*"]}' >feeders.json
portlog --config feeders.json reindex >/dev/null 2>&1
check 'feeders' "$(ids runs --kind feed)" 'r_F1 r_V12'

done_testing

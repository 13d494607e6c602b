#!/bin/bash
# why: the chain of causes behind a property: the change, the run that made it, who started and approved
# that, what fired an automation, and so on to the first cause; it ends, whatever the records say.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/cli/history.sh"

{
	# Ana asks, Vik approves, the pipeline deploys; that fires an automation, which opens an incident.
	request 2026-11-05T10:00:00Z r_deploy deploy service/cart ana
	automation 2026-11-05T10:05:00Z r_fwd forward \
		"$(run_event 2026-11-05T10:05:00Z r_deploy deploy IN_PROGRESS ana vik)"
	change 2026-11-05T10:07:00Z UPDATE service/cart '{"version":"1","team":"x"}' '{"version":"2"}' ci r_deploy
	automation 2026-11-05T10:07:01Z r_page page_on_call \
		"$(change 2026-11-05T10:07:00Z UPDATE service/cart '{"version":"1","team":"x"}' '{"version":"2"}' ci)"
	change 2026-11-05T10:08:00Z CREATE incident/i-1 null '{"status":"open"}' bot r_page
	# An automation that fires on the step of a run.
	automation 2026-11-05T11:00:00Z r_tell tell \
		"$(run_event 2026-11-05T10:59:00Z r_deploy deploy SUCCESS ana)"
	change 2026-11-05T11:00:05Z UPDATE service/cart '{"version":"2","n":1}' '{"version":"2","n":2}' bot r_tell
	# One that fires on what it did itself.
	change 2026-11-05T12:00:00Z UPDATE service/loop '{"n":1}' '{"n":2}' bot r_loop
	automation 2026-11-05T12:00:00Z r_loop loop \
		"$(change 2026-11-05T12:00:00Z UPDATE service/loop '{"n":1}' '{"n":2}' bot)"
	# A run of which nothing else is here, and a person.
	change 2026-11-05T13:00:00Z UPDATE service/plain '{"n":1,"m":1}' '{"n":2,"m":1}' bob
	change 2026-11-05T13:01:00Z UPDATE service/plain '{"n":2,"k":1,"m":1}' '{"n":2,"k":2,"m":1}' bob r_lost
	change 2026-11-05T14:00:00Z CREATE service/lacks null '{"a":1,"b":1}' bob
	change 2026-11-05T14:05:00Z UPDATE service/lacks '{"a":1}' '{"a":2}' bob
	# An automation whose event lies in a record without one.
	change 2026-11-05T15:00:00Z UPDATE service/fired '{"n":1}' '{"n":2}' bot r_alone
	echo '{"trigger":{"by":{"byPort":true},"origin":"AUTOMATION","at":"2026-11-05T14:59:59Z"},"inputs":{},"action":{"identifier":"nightly"},"run":{"id":"r_alone"}}'
} >messages
# A chain of forty automations, each fired by what the one before it did.
for i in {1..40}; do
	printf -v at '2026-11-06T10:%02d:00Z' "$i"
	change "$at" UPDATE "chain/c$i" '{"n":1}' '{"n":2}' bot "r_c$((i - 1))"
	automation "$at" "r_c$i" next "$(change "$at" UPDATE "chain/c$i" '{"n":1}' '{"n":2}' bot)"
done >>messages
record messages

check_output 'started and approved' portlog why cart version <<'END'
version is "2" (it was "1"): set by change 3 by ci on 2026-11-05 10:07:00, made by run r_deploy of deploy, started by ana and approved by vik.

properties.version = "2"
└─ 2026-11-05 10:07:00  change 3  UPDATE  by ci (UI)
   └─ 2026-11-05 10:00:00  run r_deploy  action deploy  SUCCESS  started by ana, approved by vik
END
check_output 'through an automation to the first cause' portlog why i-1 status <<'END'
status is "open": set by change 5 by bot on 2026-11-05 10:08:00, made by run r_page of automation page_on_call, which fired on change 3 (UPDATE service/cart) by ci on 2026-11-05 10:07:00, made by run r_deploy of deploy, started by ana and approved by vik.

properties.status = "open"
└─ 2026-11-05 10:08:00  change 5  CREATE  by bot (UI)
   └─ 2026-11-05 10:07:01  run r_page  automation page_on_call
      └─ 2026-11-05 10:07:00  change 3  UPDATE service/cart  by ci (UI)
         └─ 2026-11-05 10:00:00  run r_deploy  action deploy  SUCCESS  started by ana, approved by vik
END
check_output 'an automation that a run fired' portlog why cart n <<'END'
n is 2 (it was 1): set by change 7 by bot on 2026-11-05 11:00:05, made by run r_tell of automation tell, which fired on run r_deploy of deploy, started by ana and approved by vik.

properties.n = 2
└─ 2026-11-05 11:00:05  change 7  UPDATE  by bot (UI)
   └─ 2026-11-05 11:00:00  run r_tell  automation tell
      └─ 2026-11-05 10:00:00  run r_deploy  action deploy  SUCCESS  started by ana, approved by vik
END
check_output 'a circle ends' portlog why loop n <<'END'
n is 2 (it was 1): set by change 8 by bot on 2026-11-05 12:00:00, made by run r_loop of automation loop, and so on in a circle.

properties.n = 2
└─ 2026-11-05 12:00:00  change 8  UPDATE  by bot (UI)
   └─ 2026-11-05 12:00:00  run r_loop  automation loop
      └─ and so on in a circle
END
check_output 'a person' portlog why plain n <<'END'
n is 2 (it was 1): set by change 10 by bob on 2026-11-05 13:00:00.

properties.n = 2
└─ 2026-11-05 13:00:00  change 10  UPDATE  by bob (UI)
END
check_output 'a run that is not here' portlog why plain k <<'END'
k is 2 (it was 1): set by change 11 by bob on 2026-11-05 13:01:00, made by run r_lost, of which nothing here tells.

properties.k = 2
└─ 2026-11-05 13:01:00  change 11  UPDATE  by bob (UI)
   └─ run r_lost  nothing here tells of it
END
check_output 'set before anything was recorded' portlog why plain m <<'END'
m is 1: no change here set it; it was so on 2026-11-05 13:00:00, and what was before is not recorded.

properties.m = 1
END
check_output 'a property that is gone' portlog why cart team --at 2026-11-05T10:30:00Z <<'END'
team was removed (it was "x"): by change 3 by ci on 2026-11-05 10:07:00, made by run r_deploy of deploy, started by ana and approved by vik.

properties.team is gone
└─ 2026-11-05 10:07:00  change 3  UPDATE  by ci (UI)
   └─ 2026-11-05 10:00:00  run r_deploy  action deploy  SUCCESS  started by ana, approved by vik
END
check_output 'one that went without a record of it' portlog why lacks b <<'END'
b was removed (it was 1): no change here did that; it was gone on 2026-11-05 14:05:00, when something else changed.

properties.b is gone
END
check_output 'what fired it is not here' portlog why fired n <<'END'
n is 2 (it was 1): set by change 14 by bot on 2026-11-05 15:00:00, made by run r_alone of automation nightly, which fired on something that is not recorded here.

properties.n = 2
└─ 2026-11-05 15:00:00  change 14  UPDATE  by bot (UI)
   └─ 2026-11-05 14:59:59  run r_alone  automation nightly
      └─ which fired on something that is not recorded here
END
check_output 'as JSON' bash -c '"$PORTLOG" why i-1 status -o json | python3 -c "
import json, sys
w = json.load(sys.stdin)
print(w[\"path\"], w[\"value\"], w[\"seq\"], w[\"certainty\"], w[\"end\"], w[\"sentence\"][:30])
for c in w[\"causes\"]: print(c[\"cause\"], c.get(\"seq\"), c[\"run_id\"], c[\"actor\"], c.get(\"approved_by\"))"' <<'END'
properties.status open 5 proven root status is "open": set by chang
change 5 r_page bot None
run None r_page port None
change 3 r_deploy ci None
run None r_deploy ana vik
END
check 'a long chain ends, and says so' "$(portlog why c40 n -o json | python3 -c '
import json, sys
w = json.load(sys.stdin)
print(len(w["causes"]), w["end"])')" '50 length'
check 'a chain of ten is followed to its root' "$(portlog why c10 n -o json | python3 -c '
import json, sys
w = json.load(sys.stdin)
print(len(w["causes"]), w["end"], w["causes"][-1]["run_id"])')" '20 root r_c0'

check_error 'a chain is no table' 2 portlog why cart n -o csv <<'END'
portlog: cannot run 'why': a chain of causes is no table; -o takes text, json or jsonl
END
check_error 'which one?' 1 portlog why plain '?' <<'END'
portlog: '?' is the name of several properties: n, k, m
END
check_error 'no such property' 1 portlog why cart versoin <<'END'
portlog: 'service/cart' has no property 'versoin'; did you mean 'version'?
END
check_error 'no such entity' 1 portlog why service/crat n <<'END'
portlog: no entity here is called 'service/crat'; did you mean 'service/cart'?
END
check_error 'of which property?' 2 portlog why cart <<'END'
portlog: cannot run 'why': it must be said which entity and which of its properties; 'portlog blame ENTITY' lists them
END

done_testing

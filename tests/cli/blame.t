#!/bin/bash
# blame: the change that gave each property the value it has, however the records arrived; what no
# change explains is said to be unknown, never guessed; also at a time, of chosen properties, as JSON.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/cli/history.sh"
export COLUMNS=120

{
	change 2026-11-07T10:00:00Z UPDATE service/cart '{"n":2,"tier":"gold","o":{"a":1}}' \
		'{"n":3,"tier":"gold","o":{"a":1,"b":2}}' cleo r_2
	change 2026-11-05T10:00:00Z CREATE service/cart null '{"n":1,"tier":"gold","o":{"a":1}}' ana
	change 2026-11-06T10:00:00Z UPDATE service/cart '{"n":1,"tier":"gold","o":{"a":1}}' \
		'{"n":2,"tier":"gold","o":{"a":1}}' bob
	change 2026-11-06T11:00:00Z UPDATE service/cart '{"tier":"gold"}' '{"tier":"iron"}' eve '' FAILURE
	# The change log begins late, and lacks a change.
	change 2026-11-06T10:00:00Z UPDATE service/old '{"n":1,"m":1,"k":1}' '{"n":2,"m":1,"k":1}' bob
	change 2026-11-08T10:00:00Z UPDATE service/old '{"n":2,"m":7,"k":1}' '{"n":3,"m":7,"k":1}' bob
	# An automation is told of it first, without the run that made it.
	automation 2026-11-09T10:00:01Z r_a page \
		"$(change 2026-11-09T10:00:00Z UPDATE service/twice '{"n":1,"m":1}' '{"n":2,"m":1}')"
	change 2026-11-09T10:00:00Z UPDATE service/twice '{"n":1,"m":1}' '{"n":2,"m":1}' ana r_3
	change 2026-11-01T10:00:00Z CREATE service/again null '{"n":1,"m":1}' ana
	change 2026-11-02T10:00:00Z DELETE service/again '{"n":1,"m":1}' null ana
	change 2026-11-03T10:00:00Z CREATE service/again null '{"n":1,"m":1}' bob
	change 2026-11-01T10:00:00Z CREATE service/gone null '{"n":1}' ana
	change 2026-11-02T10:00:00Z DELETE service/gone '{"n":1}' null ana
	change 2026-11-01T10:00:00Z CREATE service/shape null '{"o":[1],"e":{"x":1}}' ana
	change 2026-11-02T10:00:00Z UPDATE service/shape '{"o":[1],"e":{"x":1}}' '{"o":{"p":{"q":1}},"e":{}}' bob
	change 2026-11-01T10:00:00Z CREATE service/evil null '{"t\u001b[31m":"\u202e\u0007"}' 'e\u001b[2Jve'
} >messages
record messages

who() { # ARGUMENTS…: path, value, actor, run, seq, certainty of the properties that the test is about
	portlog blame "$@" -o tsv --columns path,value,actor,run_id,seq,certainty | grep '^properties' |
		sed 's/^properties.//'
}

check 'each property, whatever the order of arrival' "$(who cart)" <<'END'
n	3	cleo	r_2	1	proven
tier	"gold"	ana		2	proven
o.a	1	ana		2	proven
o.b	2	cleo	r_2	1	proven
END
check 'at a time' "$(who cart --at 2026-11-06T12:00:00Z)" <<'END'
n	2	bob		3	proven
tier	"gold"	ana		2	proven
o.a	1	ana		2	proven
END
check 'chosen ones: whole paths, short ones, wildcards' "$(who cart n properties.tier)" <<'END'
n	3	cleo	r_2	1	proven
tier	"gold"	ana		2	proven
END
check 'an object is all it holds' "$(who cart O; who cart 'o.?')" <<'END'
o.a	1	ana		2	proven
o.b	2	cleo	r_2	1	proven
o.a	1	ana		2	proven
o.b	2	cleo	r_2	1	proven
END
check 'a change that is not here is nobody'\''s' "$(who old)" <<'END'
n	3	bob		6	proven
m	7				unknown
k	1				unknown
END
check 'and since when it is known' "$(portlog blame old n m k --columns path,known_since)" <<'END'
properties.n	2026-11-08 10:00:00
properties.m	2026-11-08 10:00:00
properties.k	2026-11-06 10:00:00
END
check 'told twice: the record that names the run' "$(who twice)" <<'END'
n	2	ana	r_3	8	proven
m	1				unknown
END
check 'made again: by who made it again' "$(who again)" <<'END'
n	1	bob		11	proven
m	1	bob		11	proven
END
check 'the first of that name' "$(who again --at 2026-11-01T12:00:00Z)" <<'END'
n	1	ana		9	proven
m	1	ana		9	proven
END
check 'an array that became an object, an object that lost all' "$(who shape)" <<'END'
o.p.q	1	bob		15	proven
e	{}	bob		15	proven
END
check_output 'for people' portlog blame old -o table <<'END'
PATH        VALUE      TIME UTC             ACTOR  RUN_ID  SEQ  CERTAINTY
identifier  "old"                                               unknown
title       "old"                                               unknown
blueprint   "service"                                           unknown
n           3          2026-11-08 10:00:00  bob              6  proven
m           7                                                   unknown
k           1                                                   unknown

Where nobody is named, no change that is recorded set it.
END
check_output 'narrow' env COLUMNS=40 "$PORTLOG" blame cart -o table <<'END'
PATH        VALUE      ACTOR
identifier  "cart"     ana
title       "cart"     ana
blueprint   "service"  ana
n           3          cleo
tier        "gold"     ana
o.a         1          ana
o.b         2          cleo
END
check_output 'as one JSON object' bash -c '"$PORTLOG" blame cart n o.b --at 2026-11-08 -o json | python3 -c "
import json, sys
b = json.load(sys.stdin)
print(b[\"blueprint\"], b[\"entity\"], b[\"at\"], b[\"certainty\"])
for p in b[\"properties\"]: print(json.dumps(p))"' <<'END'
service cart 2026-11-08T00:00:00.000Z proven
{"path": "properties.n", "value": 3, "old": 2, "certainty": "proven", "time": "2026-11-07T10:00:00.000Z", "seq": 1, "idx": 0, "operation": "UPDATE", "actor": "cleo", "user_id": "cleo", "run_id": "r_2", "action": null, "known_since": "2026-11-07T10:00:00.000Z"}
{"path": "properties.o.b", "value": 2, "old": null, "certainty": "proven", "time": "2026-11-07T10:00:00.000Z", "seq": 1, "idx": 0, "operation": "UPDATE", "actor": "cleo", "user_id": "cleo", "run_id": "r_2", "action": null, "known_since": "2026-11-07T10:00:00.000Z"}
END
check 'a row for each as JSON lines' "$(portlog blame cart n -o jsonl --columns path,value,seq)" \
	'{"path":"properties.n","value":3,"seq":1}'
check 'nothing drives the terminal' "$(portlog blame evil 't*' -o table | LC_ALL=C grep -c '[[:cntrl:]]')" 0

check_error 'deleted' 1 portlog blame gone <<'END'
portlog: 'service/gone' was deleted on 2026-11-02 10:00:00 (record 13); name an earlier time to see it as it was before
END
ok 'before that it was there' portlog blame gone --at '2026-11-02 09:59'
check_error 'not yet made' 1 portlog blame gone --at 2026-10-01 <<'END'
portlog: 'service/gone' was not there yet: it was created on 2026-11-01 10:00:00 (record 12)
END
check_error 'no such property' 1 portlog blame cart n teir <<'END'
portlog: 'service/cart' has no property 'teir'; did you mean 'tier'?
END
check_error 'no such entity' 1 portlog blame service/carts <<'END'
portlog: no entity here is called 'service/carts'; did you mean 'service/cart'?
END
check_error 'which entity?' 2 portlog blame <<'END'
portlog: cannot run 'blame': it must be said which entity: BLUEPRINT/ID
END
check_error 'an object has no columns' 2 portlog blame cart -o json --columns seq <<'END'
portlog: cannot run 'blame': --columns goes with rows; -o json is one object, -o jsonl a row for each
END

done_testing

#!/bin/bash
# show ENTITY --at: the entity as it was at any time, and how sure that is: proven by a change that left
# it so, inferred from what the next change found, unknown; also before it was made, after it was
# deleted, and when it was made again. A change that failed changed nothing.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/cli/history.sh"

{
	# Not in order of time: the order of arrival must not matter.
	change 2026-11-10T10:00:00Z UPDATE service/cart '{"n":2}' '{"n":3}'
	change 2026-11-05T10:00:00Z UPDATE service/cart '{"n":1}' '{"n":2}' bob
	change 2026-11-11T10:00:00Z UPDATE service/cart '{"n":3}' '{"n":99}' ana '' FAILURE
	change 2026-11-12T10:00:00Z DELETE service/cart '{"n":3}' null
	change 2026-11-14T10:00:00Z CREATE service/cart null '{"n":10, "big": 9007199254740993}' bob r_new
	change 2026-11-02T10:00:00Z CREATE service/late null '{"n":1}'
	echo '{"action":"TIMER_EXPIRED","resourceType":"entity","trigger":{"by":{"byPort":true},"at":"2026-11-03T10:00:00Z"},"context":{"entity":"timed","blueprint":"service"}}'
	echo '{"action":"TIMER_EXPIRED","resourceType":"entity","trigger":{"by":{"byPort":true},"at":"2026-11-15T10:00:00Z"},"context":{"entity":"cart","blueprint":"service"}}'
} >messages
record messages

at() { # ENTITY TIME: certainty, deleted, n, seq
	portlog show "$1" --at "$2" -o json | python3 -c '
import json, sys
s = json.load(sys.stdin)
state = s["state"]
print(s["certainty"], s["deleted"], state and state["properties"]["n"], s["seq"], sep="|")'
}

check 'before the first change: what it found' "$(at cart 2026-11-01)" 'inferred|0|1|2'
check 'a change counts from its very millisecond' "$(at cart 2026-11-05T10:00:00Z)" 'proven|0|2|2'
check 'not a millisecond sooner' "$(at cart 2026-11-05T09:59:59.999Z)" 'inferred|0|1|2'
check 'between two changes' "$(at cart 2026-11-07)" 'proven|0|2|2'
check 'after the second, which arrived first' "$(at cart 2026-11-10T12:00:00Z)" 'proven|0|3|1'
check 'what failed changed nothing' "$(at cart 2026-11-11T12:00:00Z)" 'proven|0|3|1'
check 'deleted' "$(at cart 2026-11-13)" 'proven|1|None|4'
check 'made again; a timer tells nothing of it' "$(at cart 2026-11-20)" 'proven|0|10|5'
check 'not yet made' "$(at late 2026-11-01)" 'inferred|1|None|6'
check 'nothing tells' "$(at timed 2026-11-20)" 'unknown|None|None|None'

check_output 'for people' portlog show cart --at 2026-11-20 <<'END'
blueprint  service
entity     cart
title      cart
at         2026-11-20 00:00:00
certainty  proven: the change before that time left it so
deleted    no
change     CREATE by bob in run r_new (seq 5)
time       2026-11-14 10:00:00

{
  "identifier": "cart",
  "title": "cart",
  "blueprint": "service",
  "properties": {
    "n": 10,
    "big": 9007199254740993
  },
  "relations": {}
}
END
check_output 'one that was deleted' portlog show cart --at 2026-11-13 <<'END'
blueprint  service
entity     cart
at         2026-11-13 00:00:00
certainty  proven: it had been deleted
deleted    yes
change     DELETE by ana (seq 4)
time       2026-11-12 10:00:00
END
check_output 'one of which nothing is known' portlog show timed --at 2026-11-20 <<'END'
blueprint  service
entity     timed
at         2026-11-20 00:00:00
certainty  unknown: no change here tells what it was then
END
check_output 'in the zone that is asked for' \
	bash -c '"$PORTLOG" --tz Asia/Tokyo show cart --at "2026-11-05 19:00" | grep -E "^(at|time|certainty)"' <<'END'
at         2026-11-05 19:00:00
certainty  proven: the change before that time left it so
time       2026-11-05 19:00:00
END
check_output 'digits stay in JSON' \
	bash -c '"$PORTLOG" show cart --at now -o json | grep -o "\"big\": *[0-9]*"' <<'END'
"big":9007199254740993
END
check_error 'a run has no states' 2 portlog show r_new --at now <<'END'
portlog: cannot run 'show': --at goes with an entity; /r_new is one
END
check_error 'no such entity' 1 portlog show carts --at now <<'END'
portlog: no entity here is called 'carts'; did you mean 'cart'?
END

done_testing

#!/bin/bash
# diff: what changed between two times, in a record, or in the last change; for people by lines and
# elements, as rows, as a JSON patch; the exit status; and what cannot be compared.
. "$SRCDIR/tests/lib.sh"
export COLUMNS=80 # in a pipe, too
. "$SRCDIR/tests/cli/history.sh"

long=$(printf 'x%.0s' {1..100})
{
	change 2026-11-05T10:00:00Z CREATE service/cart null '{"n":1,"tier":"gold","a.b":{"c":1}}'
	change 2026-11-06T10:00:00Z UPDATE service/cart '{"n":1,"tier":"gold","a.b":{"c":1}}' \
		'{"n":1.10,"notes":"one\ntwo\nthree\nfour\nfive\nsix","tags":["alpha","beta"],"a.b":{"c":2}}' bob r_1
	change 2026-11-07T10:00:00Z UPDATE service/cart \
		'{"n":1.10,"notes":"one\ntwo\nthree\nfour\nfive\nsix","tags":["alpha","beta"],"a.b":{"c":2}}' \
		'{"n":1.1,"notes":"one\ntwo\nthree\nfour\n5\nsix","tags":["alpha","gamma","beta"],"a.b":{"c":2},"long":"'"$long"'"}'
	change 2026-11-08T10:00:00Z UPDATE service/cart '{"n":5}' '{"n":99}' ana '' FAILURE
	change 2026-11-09T10:00:00Z DELETE service/cart '{"n":1}' null
	change 2026-11-10T10:00:00Z UPDATE service/same '{"n":1}' '{"n":1.0}'
	automation 2026-11-10T10:00:01Z r_a page "$(change 2026-11-10T10:00:01Z UPDATE service/same '{"n":1}' '{"n":2}')"
	echo '["'"$(change 2026-11-11T10:00:00Z CREATE service/one null '{}' | sed 's/"/\\"/g')"'"]'
	printf '[%s,%s]\n' "$(change 2026-11-11T10:00:00Z CREATE service/one null '{"n":1}')" \
		"$(change 2026-11-11T10:00:00Z UPDATE service/two '{"n":1}' '{"n":2}')"
	change 2026-11-12T10:00:00Z UPDATE service/long '{"t":"'"$long$long"'1'"$long"'"}' '{"t":"'"$long$long"'2'"$long"'"}'
	change 2026-11-12T10:00:00Z UPDATE service/evil '{"t":"\u001b[31m"}' '{"t":"\u202e\u0007\u009b"}'
} >messages
record messages

check_output 'for people: what came, went, changed' portlog diff 2 -o table <<'END'
service/cart  2026-11-06 10:00:00  UPDATE by bob in run r_1 (seq 2)
  n        1 → 1.10
+ notes    "one\ntwo\nthree\nfour\nfive\nsix"
+ tags     ["alpha","beta"]
  "a.b".c  1 → 2
- tier     "gold"
END
check_output 'long texts by lines, arrays where they do not fit by elements' \
	env COLUMNS=34 "$PORTLOG" diff service/cart --from 2026-11-06T10:00:00Z --to 2026-11-07T10:00:00Z -o table <<'END'
service/cart  2026-11-06 10:00:00 → 2026-11-07 10:00:00
  notes
      … 2 the same
      three
      four
    - five
    + 5
      six
  tags
      "alpha"
    + "gamma"
      "beta"
+ long   "xxxxxxxxxxxxxxxxxxxxxxx…
END
check_output 'what came does so, too, where it has no room' \
	bash -c 'COLUMNS=34 "$PORTLOG" diff 2 -o table | head -n 10' <<'END'
service/cart  2026-11-06 10:00:00  UPDATE by bob in run r_1 (seq 2)
  n        1 → 1.10
+ notes
    + one
    + two
    + three
    + four
    + five
    + six
+ tags     ["alpha","beta"]
END
check_output 'as rows, exactly' portlog diff 2 <<'END'
properties.n	1	1.10
properties.notes		"one\ntwo\nthree\nfour\nfive\nsix"
properties.tags		["alpha","beta"]
properties."a.b".c	1	2
properties.tier	"gold"	
END
check_output 'as CSV' bash -c '"$PORTLOG" diff 2 -o csv --columns path,new --color always | tr -d "\r"' <<'END'
path,new
properties.n,1.10
properties.notes,"""one\ntwo\nthree\nfour\nfive\nsix"""
properties.tags,"[""alpha"",""beta""]"
"properties.""a.b"".c",2
properties.tier,
END
check_output 'coloured' bash -c '"$PORTLOG" diff 2 -o table --color always | sed -n "2p;5,6p" | cat -v' <<'END'
^[[1m  n        ^[[m^[[31m1^[[m M-bM-^FM-^R ^[[32m1.10^[[m
^[[1m  "a.b".c  ^[[m^[[31m1^[[m M-bM-^FM-^R ^[[32m2^[[m
^[[31m- tier     ^[[m^[[31m"gold"^[[m
END
check_output 'as a patch' portlog diff 2 -o json <<'END'
[{"op":"remove","path":"/properties/tier"},{"op":"replace","path":"/properties/a.b/c","value":2},{"op":"replace","path":"/properties/n","value":1.10},{"op":"add","path":"/properties/notes","value":"one\ntwo\nthree\nfour\nfive\nsix"},{"op":"add","path":"/properties/tags","value":["alpha","beta"]}]
END
check_output 'without times: what the last change did' portlog diff service/cart --to 2026-11-06T12:00:00Z -o jsonl < <(
	portlog diff 2 -o json)
check_output 'the last change may be a deletion' portlog diff cart -o json <<'END'
[{"op":"replace","path":"","value":null}]
END
check_output 'from before it was made' \
	bash -c '"$PORTLOG" diff cart --from 2026-11-01 --to 2026-11-06 -o table' <<'END'
service/cart  2026-11-01 00:00:00 (inferred) → 2026-11-06 00:00:00
+ identifier  "cart"
+ title       "cart"
+ blueprint   "service"
+ n           1
+ tier        "gold"
+ "a.b".c     1
END
check_output 'no difference: numbers by their value' portlog diff 6 -o table --exit-code <<'END'
service/same  2026-11-10 10:00:00  UPDATE by ana (seq 6): no difference
END
check_output 'nor a row' portlog diff 6 --exit-code </dev/null
run portlog diff 2 --exit-code
check '--exit-code: 1 where it differs' "$status $err" '1 '
ok 'else 0' portlog diff 2
check_output 'a record that tells of two changes' portlog diff 9 -o table <<'END'
service/one  2026-11-11 10:00:00  CREATE by ana (seq 9)
+ identifier  "one"
+ title       "one"
+ blueprint   "service"
+ n           1

service/two  2026-11-11 10:00:00  UPDATE by ana (seq 9)
  n  1 → 2
END
check_output 'one of them' portlog diff 9.1 -o json <<'END'
[{"op":"replace","path":"/properties/n","value":2}]
END
check_error 'a patch is of one' 1 portlog diff 9 -o json <<'END'
portlog: record 9 tells of 2 changes, a patch is of one; name it, as in 9.0
END
check_output 'of an automation: the change that fired it' portlog diff 7 <<'END'
properties.n	1	2
END
check_output 'a long text is cut to where it changed' portlog diff 10 -o table <<'END'
service/long  2026-11-12 10:00:00  UPDATE by ana (seq 10)
  t
    - …xxxxxxxxxxxxxxxxxxxxxxxx1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    + …xxxxxxxxxxxxxxxxxxxxxxxx2xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
END
check_output 'nothing drives the terminal' portlog diff 11 -o table <<'END'
service/evil  2026-11-12 10:00:00  UPDATE by ana (seq 11)
  t  "\u001b[31m" → "\u202e\u0007\u009b"
END

check_error 'a change that failed' 1 portlog diff 4 <<'END'
portlog: the change in record 4 failed: it changed nothing
END
check_error 'a record without a change' 1 portlog diff 8 <<'END'
portlog: no record here with the number 8 tells of a change
END
check_error 'no record' 1 portlog diff 99999999999999999999 <<'END'
portlog: no record here with the number 99999999999999999999 tells of a change
END
check_error 'times the wrong way round' 2 portlog diff cart --from now --to yesterday <<'END'
portlog: cannot run 'diff': --from is after --to
END
check_error 'a record has no times' 2 portlog diff 2 --from now <<'END'
portlog: cannot run 'diff': --from and --to go with an entity; /2 is one
END
check_error 'no such entity' 1 portlog diff carts <<'END'
portlog: no entity here is called 'carts'; did you mean 'cart'?
END
check_error 'of what?' 2 portlog diff <<'END'
portlog: cannot run 'diff': it must be said of what: an entity, or a record's number
END
check_error 'a patch has no columns' 2 portlog diff 2 -o json --columns old <<'END'
portlog: cannot run 'diff': --columns goes with -o text, csv or tsv
END

done_testing

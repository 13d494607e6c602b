#!/bin/bash
# What `stats` prints: rows in each format, the overview at several widths, with and without UTF-8, and what it
# refuses. That the numbers are right is for stats.py to say.
. "$SRCDIR/tests/lib.sh"

change() { # AT USER ENTITY STATUS
	printf '{"action":"UPDATE","resourceType":"entity","status":"%s","trigger":{"at":"%s","by":{"userId":"auth0|%s","user":{"email":"%s@hal.example"}},"origin":"UI"},"context":{"blueprint":"service","entity":"%s"},"diff":{"before":{"title":"a"},"after":{"title":"b"}}}\n' "$4" "$1" "$2" "$2" "$3"
}
a_run() { # AT USER ENTITY ID STATUS ENDED
	printf '{"id":"%s","status":"%s","createdAt":"%s","endedAt":"%s","blueprint":{"identifier":"service"},"entity":{"identifier":"%s"},"action":{"identifier":"deploy"},"createdBy":"auth0|%s"}\n' "$4" "$5" "$1" "$6" "$3" "$2"
}
{
	for day in 16 17 18 19 20 23; do
		for hour in 08 09 09 14 14 14; do
			change "2026-11-${day}T$hour:10:00Z" ada checkout SUCCESS
		done
		change "2026-11-${day}T23:40:00Z" ben 'naïve 名前 🚀' SUCCESS
		a_run "2026-11-${day}T10:00:00Z" ada checkout "r_$day" SUCCESS "2026-11-${day}T10:01:$day.500Z"
	done
	change 2026-11-21T12:00:00Z ben checkout FAILURE
	a_run 2026-11-24T09:00:00Z ben checkout r_24 FAILURE 2026-11-24T09:10:00Z
	a_run 2026-11-24T10:00:00Z cy payments-and-subscriptions-gateway-eu-central r_25 IN_PROGRESS ''
} >messages

ok 'the store is begun' portlog import -t org_Q.runs /dev/null
check_output 'an empty store: nothing' portlog stats <<'END'
no changes and no runs
END
check_output 'and no rows, of no weekday either' portlog stats --by weekday -o tsv <<'END'
weekday	changes	runs	failed	failure_rate	p50_ms	p95_ms	max_ms	share
END
ok 'the history is here' portlog import -t org_Q.runs messages

# The overview grows with the terminal.
check_output 'the overview on 40 columns' env COLUMNS=40 "$PORTLOG" stats <<'END'
2026-11-16 to 2026-11-24, UTC
changes    43
runs       8   6 succeeded
           1 failed (14.3%)   1 neither
run time   p50 1m 19s   p95 10m 00s
           max 10m 00s
per day    ███████████████▁▁▁   ███▂▂▂
           2026-11-16 to 2026-11-24
           most: 8 on 2026-11-16

    0  3  6  9  12 15 18 21
Mon ········▒▓▒···█········▒
Tue ········░▒▒···▒········░
Wed ········░▒░···▒········░
Thu ········░▒░···▒········░
Fri ········░▒░···▒········░
Sat ············░···········
Sun ························
    ░ 1  ▒ 2-3  ▓ 4  █ 5-6

busiest                 changes     runs
service/checkout             37        7
service/naïve 名前 🚀         6        0
service/pay…eu-central        0        1

by whom          changes     runs
ada@hal.example       36        6
ben@hal.example        7        1
auth0|cy               0        1
END
check_output 'on 80' env COLUMNS=80 "$PORTLOG" stats <<'END'
2026-11-16 to 2026-11-24, UTC
changes    43
runs       8   6 succeeded   1 failed (14.3%)   1 neither
run time   p50 1m 19s   p95 10m 00s   max 10m 00s
per day    ███████████████▁▁▁   ███▂▂▂
           2026-11-16 to 2026-11-24   most: 8 on 2026-11-16

    0        3        6        9        12       15       18       21
Mon ·· ·· ·· ·· ·· ·· ·· ·· ▒▒ ▓▓ ▒▒ ·· ·· ·· ██ ·· ·· ·· ·· ·· ·· ·· ·· ▒▒
Tue ·· ·· ·· ·· ·· ·· ·· ·· ░░ ▒▒ ▒▒ ·· ·· ·· ▒▒ ·· ·· ·· ·· ·· ·· ·· ·· ░░
Wed ·· ·· ·· ·· ·· ·· ·· ·· ░░ ▒▒ ░░ ·· ·· ·· ▒▒ ·· ·· ·· ·· ·· ·· ·· ·· ░░
Thu ·· ·· ·· ·· ·· ·· ·· ·· ░░ ▒▒ ░░ ·· ·· ·· ▒▒ ·· ·· ·· ·· ·· ·· ·· ·· ░░
Fri ·· ·· ·· ·· ·· ·· ·· ·· ░░ ▒▒ ░░ ·· ·· ·· ▒▒ ·· ·· ·· ·· ·· ·· ·· ·· ░░
Sat ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ░░ ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ··
Sun ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ·· ··
    ░ 1  ▒ 2-3  ▓ 4  █ 5-6

busiest               changes     runs    by whom          changes     runs
service/checkout           37        7    ada@hal.example       36        6
service/na…e 名前 🚀        6        0    ben@hal.example        7        1
service/pa…u-central        0        1    auth0|cy               0        1
END
check_output 'on 120' env COLUMNS=120 "$PORTLOG" stats <<'END'
2026-11-16 to 2026-11-24, UTC
changes    43
runs       8   6 succeeded   1 failed (14.3%)   1 neither
run time   p50 1m 19s   p95 10m 00s   max 10m 00s
per day    ███████████████▁▁▁   ███▂▂▂
           2026-11-16 to 2026-11-24   most: 8 on 2026-11-16

    0           3           6           9           12          15          18          21
Mon ··· ··· ··· ··· ··· ··· ··· ··· ▒▒▒ ▓▓▓ ▒▒▒ ··· ··· ··· ███ ··· ··· ··· ··· ··· ··· ··· ··· ▒▒▒
Tue ··· ··· ··· ··· ··· ··· ··· ··· ░░░ ▒▒▒ ▒▒▒ ··· ··· ··· ▒▒▒ ··· ··· ··· ··· ··· ··· ··· ··· ░░░
Wed ··· ··· ··· ··· ··· ··· ··· ··· ░░░ ▒▒▒ ░░░ ··· ··· ··· ▒▒▒ ··· ··· ··· ··· ··· ··· ··· ··· ░░░
Thu ··· ··· ··· ··· ··· ··· ··· ··· ░░░ ▒▒▒ ░░░ ··· ··· ··· ▒▒▒ ··· ··· ··· ··· ··· ··· ··· ··· ░░░
Fri ··· ··· ··· ··· ··· ··· ··· ··· ░░░ ▒▒▒ ░░░ ··· ··· ··· ▒▒▒ ··· ··· ··· ··· ··· ··· ··· ··· ░░░
Sat ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ░░░ ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ···
Sun ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ··· ···
    ░ 1  ▒ 2-3  ▓ 4  █ 5-6

busiest                                   changes     runs    by whom          changes     runs
service/checkout                               37        7    ada@hal.example       36        6  ███████████████████████
service/naïve 名前 🚀                           6        0    ben@hal.example        7        1  ████▍
service/payments-and…-gateway-eu-central        0        1    auth0|cy               0        1  ▌
END
check_output 'without UTF-8, in another zone' env LC_ALL=C COLUMNS=60 "$PORTLOG" stats --tz Asia/Kolkata --user ada --not-entity none-such <<'END'
2026-11-16 to 2026-11-23, Asia/Kolkata
changes    36
runs       6   6 succeeded   0 failed (0.0%)   0 neither
run time   p50 1m 18s   p95 1m 23s   max 1m 23s
per day    ###############      ###
           2026-11-16 to 2026-11-23   most: 7 on 2026-11-16

    0     3     6     9     12    15    18    21
Mon ..........................++**++......##........
Tue ..........................--++--......++........
Wed ..........................--++--......++........
Thu ..........................--++--......++........
Fri ..........................--++--......++........
Sat ................................................
Sun ................................................
    - 1  + 2-3  * 4  # 5-6

busiest           changes     runs
service/checkout       36        6  ########################

by whom          changes     runs
ada@hal.example       36        6  #########################
END
check_output 'with a filter that runs have no field for, changes alone' env COLUMNS=50 "$PORTLOG" stats --property title --since 2026-11-23 <<'END'
2026-11-23 to 2026-11-23, UTC
changes    7
per day    ███
           2026-11-23 to 2026-11-23
           most: 7 on 2026-11-23

    0  3  6  9  12 15 18 21
Mon ········▒▓····█········▒
Tue ························
Wed ························
Thu ························
Fri ························
Sat ························
Sun ························
    ▒ 1  ▓ 2  █ 3

busiest                changes
service/checkout             6           █████████
service/naïve 名前 🚀        1           █▌

by whom          changes
ada@hal.example        6           ███████████████
ben@hal.example        1           ██▌
END

# Tables: bars where there is room; numbers are never cut.
check_output 'by user' env COLUMNS=80 "$PORTLOG" stats --by user -o table <<'END'
ACTOR            CHANGES  RUNS  FAILED  FAILURE_RATE      P50      P95  SHARE
ada@hal.example       36     6       0          0.0%   1m 18s   1m 23s  ████████
ben@hal.example        7     1       1        100.0%  10m 00s  10m 00s  █▌
auth0|cy               0     1       0                                  ▎
END
check_output 'by entity on 40 columns' env COLUMNS=40 "$PORTLOG" stats --by entity -o table <<'END'
ENTITY                     CHANGES  RUNS
checkout                        37     7
naïve 名前 🚀                    6     0
payments-and…y-eu-central        0     1
END
check_output 'by day, the newest, with the zone' env COLUMNS=100 LC_ALL=C "$PORTLOG" stats --by day -n 4 -o table --tz +02:00 <<'END'
DAY +02:00  CHANGES  RUNS  FAILED  FAILURE_RATE      P50      P95      MAX  SHARE
2026-11-20        7     1       0          0.0%   1m 20s   1m 20s   1m 20s  ########################
2026-11-21        2     0       0                                           ######
2026-11-23        6     1       0          0.0%   1m 23s   1m 23s   1m 23s  #####################
2026-11-24        1     2       1        100.0%  10m 00s  10m 00s  10m 00s  #########
END
check_output 'by status, turned round' env COLUMNS=60 "$PORTLOG" stats --by status -r -o table <<'END'
STATUS       CHANGES  RUNS  FAILURE_RATE      P50  SHARE
IN_PROGRESS        0     1                         ▎
FAILURE            1     1        100.0%  10m 00s  ▍
SUCCESS           42     6          0.0%   1m 18s  █████████
END
check_output 'for a pipe, text' portlog stats --by action <<'END'
	43	0	0					84.3%
deploy	0	8	1	14.3%	1m 19s	10m 00s	10m 00s	15.7%
END
check_output 'JSON lines have what SQL has' portlog stats --by user -n 1 -o jsonl --columns all <<'END'
{"actor":"ada@hal.example","user_id":"auth0|ada","changes":36,"runs":6,"failed":0,"failure_rate":0.0,"p50_ms":78500,"p95_ms":83500,"max_ms":83500,"share":0.8235294117647058}
END
check_output 'columns can be chosen' portlog stats --by weekday -o tsv --columns weekday,changes,p95_ms --since 2026-11-21 <<'END'
weekday	changes	p95_ms
monday	7	83500
tuesday	0	600000
wednesday	0	
thursday	0	
friday	0	
saturday	1	
sunday	0	
END
check_output 'the newest of days, and none of them' portlog stats --by day -n 0 -o json <<'END'
[]
END
check_error 'a word that is none' 2 portlog stats --by wek <<'END'
portlog: cannot run 'stats': --by: 'wek' is none of overview, user, blueprint, action, entity, origin, status, hour, day or weekday
END
check_error 'a column that is none' 2 portlog stats --by day --columns chnges <<'END'
portlog: cannot run 'stats': no column is called 'chnges'; did you mean 'changes'?
END
check_error 'an overview is no table' 2 portlog stats -o csv <<'END'
portlog: cannot run 'stats': the overview is no table: say which one, as in --by day
END
check_error 'an argument' 2 portlog stats day <<'END'
portlog: cannot run 'stats': 'day' is one argument too many: it takes none
END

# Names that would drive a terminal.
printf '%s\n' '{"action":"UPDATE","resourceType":"entity","trigger":{"at":"2026-11-24T08:00:00Z","by":{"user":{"email":"\u001b]52;c;eA==\u0007\u202e@x"}}},"context":{"blueprint":"a\nb","entity":"\u009b2J\u001b[31mred"},"diff":{"before":{},"after":{}}}' >hostile
ok 'more is recorded' portlog import -t org_Q.runs hostile
for width in 40 80 200; do
	COLUMNS=$width portlog stats
	for by in user entity blueprint; do
		COLUMNS=$width portlog stats --by $by -o table
		portlog stats --by $by -o text
	done
done >shown
ok 'they are shown' grep -qF '\x1b]52;c;eA==' shown
ok 'and made safe' ! grep -qP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{202e}]' shown
# Columns are counted in characters here, so names that are wider are left out.
ok 'nothing is wider than 40 columns' ! grep -qP '^.{41}' <(COLUMNS=40 portlog stats | grep -v 名)

# Colours, and none.
ok 'colours where they are wanted' grep -q $'\033\[' <(portlog --color always stats)
ok 'none where they are not' ! grep -q $'\033' <(NO_COLOR=1 portlog stats)
ok 'nobody need read to the end' portlog stats --by day

# Kafka's timestamps may be anything.
offset=0
PORTLOG_STORE=$T/extreme.db
for ts in -9223372036854775808 9223372036854775807 -1; do
	printf '{"topic":"org_Q.change.log","partition":0,"offset":%d,"ts":%s,"payload":"%s"}\n' $((offset++)) "$ts" \
		'{\"action\":\"CREATE\",\"resourceType\":\"entity\",\"context\":{\"blueprint\":\"b\",\"entity\":\"e\"},\"diff\":{\"before\":null,\"after\":{}}}'
done >extreme
ok 'messages of all times' portlog import extreme
for by in day hour weekday status; do
	check "--by $by counts them" "$(portlog stats --by $by -o text --columns changes | awk '{ n += $1 } END { print n }')" 3
done
ok 'and so does the overview' portlog stats
done_testing

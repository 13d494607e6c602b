#!/bin/bash
# Times are read and shown in the zone that is asked for: around the hours that summer time leaves out and
# repeats, half an hour and a day away from UTC, and by which of --tz, PORTLOG_TZ and TZ.
. "$SRCDIR/tests/lib.sh"

[ -e /usr/share/zoneinfo/Europe/Berlin ] || skip_all "the zone database (package tzdata) is not here"

# Clocks in Berlin went forward from 2:00 to 3:00 on 2026-03-29 at 1:00 UTC, and back from 3:00 to 2:00 on
# 2026-10-25 at 1:00 UTC.
while read -r entity at; do
	printf '{"action":"CREATE","resourceType":"entity","status":"SUCCESS","trigger":{"by":{"userId":"u"},"origin":"UI","at":"%s"},"context":{"entity":"%s","blueprint":"b"},"diff":{"before":null,"after":{}}}\n' \
		"$at" "$entity"
done <<'END' >messages
before-the-gap 2026-03-29T00:59:59Z
after-the-gap 2026-03-29T01:00:00Z
later 2026-03-29T01:30:00Z
first-two-oclock 2026-10-25T00:30:00Z
second-two-oclock 2026-10-25T01:30:00Z
three-oclock 2026-10-25T02:00:00Z
END
ok 'the history is here' portlog import -t org_Q.runs messages

log() {
	portlog "$@" log -r -o table --columns time,entity
}

check_output 'the hour that is left out, and the hour that comes twice' log --tz Europe/Berlin <<'END'
TIME Europe/Berlin   ENTITY
2026-03-29 01:59:59  before-the-gap
2026-03-29 03:00:00  after-the-gap
2026-03-29 03:30:00  later
2026-10-25 02:30:00  first-two-oclock
2026-10-25 02:30:00  second-two-oclock
2026-10-25 03:00:00  three-oclock
END
check_output "POSIX's sign is the other way round: it is asked for, and the heading has the offset" \
	sh -c '"$PORTLOG" --tz UTC+2 log 2>&1; TZ=UTC+2 "$PORTLOG" log -n 1 -o table --columns time' <<'END'
portlog: cannot run 'log': time zone 'UTC+2' can mean two: write +02:00 for two hours ahead of UTC, -02:00 for two behind
TIME UTC (-02:00)
2026-10-25 00:00:00
END
check_output 'half an hour away' log --tz Asia/Kolkata <<'END'
TIME Asia/Kolkata    ENTITY
2026-03-29 06:29:59  before-the-gap
2026-03-29 06:30:00  after-the-gap
2026-03-29 07:00:00  later
2026-10-25 06:00:00  first-two-oclock
2026-10-25 07:00:00  second-two-oclock
2026-10-25 07:30:00  three-oclock
END
check_output 'where it is another day' log --tz Pacific/Kiritimati <<'END'
TIME Pacific/Kiritimati  ENTITY
2026-03-29 14:59:59      before-the-gap
2026-03-29 15:00:00      after-the-gap
2026-03-29 15:30:00      later
2026-10-25 14:30:00      first-two-oclock
2026-10-25 15:30:00      second-two-oclock
2026-10-25 16:00:00      three-oclock
END

# found ZONE OPTION...
found() {
	local zone=$1
	shift
	portlog --tz "$zone" log -r -o text --columns entity "$@" | paste -sd ' '
}
check 'a time that is left out is the one an hour later' \
	"$(found Europe/Berlin --since '2026-03-29 02:15' --until 2026-03-30)" 'later'
check 'since a time that comes twice: from the first' \
	"$(found Europe/Berlin --since '2026-10-25 02:30')" 'first-two-oclock second-two-oclock three-oclock'
check 'until a time that comes twice: before the first' \
	"$(found Europe/Berlin --since 2026-10-25 --until '2026-10-25 02:30:00')" ''
check 'with an offset it is one of them' \
	"$(found Europe/Berlin --since 2026-10-25T02:30:00+01:00)" 'second-two-oclock three-oclock'
check 'a day in summer time has 23 hours' \
	"$(found Europe/Berlin --since 2026-03-29 --until 2026-03-30)" 'before-the-gap after-the-gap later'
check 'a day begins when it does in that zone' \
	"$(found Pacific/Kiritimati --since 2026-10-25 --until 2026-10-26)" \
	'first-two-oclock second-two-oclock three-oclock'

check 'each hour of the clock counts by itself, the one that comes twice once' \
	"$(portlog --tz Europe/Berlin stats --by hour -o text --columns hour,changes | grep -v '\s0$')" <<'END'
1	1
2	2
3	3
END

zone() {
	env "$@" "$PORTLOG" log -n 1 -o table --columns time | head -n 1
}
check 'TZ' "$(zone TZ=Asia/Kolkata)" 'TIME Asia/Kolkata'
check 'PORTLOG_TZ comes before it' "$(zone TZ=Asia/Kolkata PORTLOG_TZ=Europe/Berlin)" 'TIME Europe/Berlin'
check 'and --tz before both' \
	"$(TZ=Asia/Kolkata PORTLOG_TZ=Europe/Berlin portlog --tz UTC log -n 1 -o table --columns time | head -n 1)" \
	'TIME UTC'
check_error 'a zone that is not known is no zone' 2 portlog --tz Europe/Berlim log <<'END'
portlog: cannot run 'log': time zone 'Europe/Berlim' is not known here; write UTC, +02:00 or a name such as Europe/Berlin (names need the zone database, package tzdata)
END
check 'the sign of Etc/ is that of POSIX: the heading has the offset' "$(zone TZ=Etc/GMT+2) $(zone TZ=Etc/UTC)" \
	'TIME -02:00 TIME UTC'
done_testing

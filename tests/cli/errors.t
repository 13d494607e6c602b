#!/bin/bash
# Errors that mend: whatever is wrong with the command line, the environment or the configuration is
# told in one line that names the wrong word and what to write instead; nothing is on stdout, and the
# exit status is by the contract.
. "$SRCDIR/tests/lib.sh"

check_error "a command that is not there" 2 portlog lgo <<'END'
portlog: cannot find a command 'lgo'; did you mean 'log'?
END

check_error "nor that" 2 portlog hlep <<'END'
portlog: cannot find a command 'hlep'; did you mean 'help'?
END

check_error "a hidden command is not meant" 2 portlog complte <<'END'
portlog: cannot find a command 'complte'; 'portlog --help' lists them
END

check_error "an option of it" 2 portlog log --sicne 2h <<'END'
portlog: cannot run 'log': unknown option '--sicne'; did you mean '--since'?
END

check_error "a format" 2 portlog log -o jsno <<'END'
portlog: cannot run 'log': -o: 'jsno' is none of auto, table, text, csv, tsv, json, jsonl or line; did you mean 'json'?
END

check_error "a filter that is not there" 2 portlog log --blueprnt service <<'END'
portlog: cannot run 'log': unknown option '--blueprnt'; did you mean '--blueprint'?
END

check_error "a time that is none" 2 portlog log --since 'next week' <<'END'
portlog: cannot run 'log': --since: 'next week' is no time; write 2026-11-23, '2026-11-23 14:30', 14:30, yesterday, monday, 2h, 2026-11-23T14:30:00Z or @SECONDS
END

PORTLOG_LOG_FORMAT=xml check_error "a variable of record's" 2 portlog record <<'END'
portlog: cannot run 'record': PORTLOG_LOG_FORMAT: 'xml' is none of logfmt or json
END

check_error "no command" 2 portlog <<'END'
portlog: cannot run without a command; 'portlog --help' lists them, 'portlog demo' shows them
END

check_error "an option that is not there" 2 portlog help --colour never <<'END'
portlog: cannot run 'help': unknown option '--colour'; did you mean '--color'?
END

check_error "the same, before the command" 2 portlog --colour=never help <<'END'
portlog: cannot run: unknown option '--colour'; did you mean '--color'?
END

check_error "a word that is none of the choices" 2 portlog --color=alway help <<'END'
portlog: cannot run: --color: 'alway' is none of auto, always or never; did you mean 'always'?
END

check_error "an option without its value" 2 portlog help --tz <<'END'
portlog: cannot run 'help': --tz needs a value: --tz ZONE
END

check_error "an argument too many" 2 portlog help help help <<'END'
portlog: cannot run 'help': 'help' is one argument too many: it takes [COMMAND]
END

check_error "a zone that is not known" 2 portlog --tz Mars/Phobos help <<'END'
portlog: cannot run 'help': time zone 'Mars/Phobos' is not known here; write UTC, +02:00 or a name such as Europe/Berlin (names need the zone database, package tzdata)
END

PORTLOG_COLOR=maybe check_error "a variable with a wrong word" 2 portlog help <<'END'
portlog: cannot run 'help': PORTLOG_COLOR: 'maybe' is none of auto, always or never
END

PORTLOG_NOW=soon check_error "a clock that is none" 2 portlog help <<'END'
portlog: cannot run 'help': PORTLOG_NOW: 'soon' is no time; write 2026-11-23, '2026-11-23 14:30', 14:30, yesterday, monday, 2h, 2026-11-23T14:30:00Z or @SECONDS
END

check_error "control characters are shown, not sent" 2 portlog $'\e[31mx' <<'END'
portlog: cannot find a command '\x1b[31mx'; 'portlog --help' lists them
END

ok "global options go behind the command, too" portlog help --no-pager --tz=UTC
ok "a flag goes before the environment" env PORTLOG_TZ=Nowhere "$PORTLOG" help --tz=UTC

check_error "a store whose directory cannot be made" 4 \
	portlog --store /dev/null/x/p.db import /dev/null <<'END'
portlog: cannot import '/dev/null': cannot open the store '/dev/null/x/p.db': cannot make the directory '/dev/null/x': Not a directory; use --store FILE
END
directory=$LOGS/new/directory
run portlog --store "$directory/p.db" import /dev/null
check "directories are made for the owner alone" "$status $(stat -c %a "$directory" "$directory/p.db" | xargs)" "0 700 600"

run portlog --version
check "the version is asked for and told" "$status $(head -1 <<<"$out")" "0 portlog 0.1.0"
check "with those of the libraries" "$(grep -c '^librdkafka [0-9]' <<<"$out")" 1
check "a container's PORTLOG_VERSION is no question" "$(PORTLOG_VERSION=1.2 portlog help help)" \
	"$(portlog help help)"

# What cannot be written is no success; a reader that has gone is no failure to talk about.
run bash -c '"$PORTLOG" --help >/dev/full'
check "a full disk under the output" "$status $err" \
	"4 portlog: cannot write the output: No space left on device"
run bash -c '"$PORTLOG" --help | head -1 >/dev/null'
check "a closed pipe is quiet" "$status|$err" "0|"

# Each kind of word that can be mistyped, and the nearest right one.
export PORTLOG_STORE=$T/errors.db
portlog import --topic t - >/dev/null <<'END'
{"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{"by":{"userId":"u"},"at":"2026-11-20T08:00:00.000Z"},"context":{"entity":"cart","blueprint":"service"},"diff":{"before":null,"after":{"identifier":"cart"}}}
{"action":"deploy","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"userId":"u"},"at":"2026-11-20T08:00:00.000Z"},"context":{"runId":"r_1"},"payload":{"action":{"identifier":"deploy"},"properties":{}}}
END
mistyped() { # WRONG RIGHT COMMAND...: status 2, nothing on stdout, one line that has both
	local wrong=$1 right=$2
	shift 2
	run portlog "$@"
	check "portlog $*" "$status|$out|$(wc -l <"$LOGS/err")|$(grep -c -- "'$wrong'.*did you mean '$right'?" "$LOGS/err")" "2||1|1"
}
while read -r wrong right words; do
	# shellcheck disable=SC2086
	mistyped "$wrong" "$right" $words
done <<'END'
lgo log lgo
recrods records recrods
stauts status stauts --max-lag 5m
exprot export help exprot
--revers --reverse log --revers
--colums --columns runs --colums=time
--not-usr --not-user log --not-usr x
--no-pagr --no-pager --no-pagr log
--timout --timeout sql --timout 5s
--max-lga --max-lag status --max-lga 5m
--offlin --offline check --offlin
--exit-eo --exit-eof record --exit-eo
--rw --raw show --rw 1
jsn json log -o jsn
csb csv runs -o csb
jsonx json show 1 -o jsonx
promtheus prometheus status -o promtheus
tabel table sql -o tabel
entiy entity log --columns time,entiy
run_di run_id runs --columns run_di
kafka_ofset kafka_offset records --columns kafka_ofset
nevr never --color nevr log
END
for time in tomorow 2026-13-01 25:00 '2 fortnights' @x 2026-11-23T10:00:00; do
	for option in --since --until; do
		run portlog log "$option" "$time"
		case $time in
		2026-11-23T10*) # in the zone that is set
			check "$option $time is a time" "$status" 0
			;;
		*)
			check "$option $time" "$status|$out|$(grep -c -- "$option: '$time' is no time; write 2026" "$LOGS/err")" "2||1"
			;;
		esac
	done
done

# What cannot be written is no success: a listing's first page, its last line, whatever the format.
for command in log runs records 'records -o json' 'records -o csv' 'records --count' 'show 1' 'show 1 --raw' \
	'show 1 -o json' status 'status -o json' export 'check --schema' help 'log --help' --version \
	'sql SELECT/**/*/**/FROM/**/journal'; do
	for where in /dev/full closed; do
		if [ $where = closed ]; then
			# shellcheck disable=SC2086
			"$PORTLOG" $command >&- 2>"$LOGS/err"
			status=$?
			expected="4 portlog: cannot write the output: Bad file descriptor"
		else
			# shellcheck disable=SC2086
			"$PORTLOG" $command >/dev/full 2>"$LOGS/err"
			status=$?
			expected="4 portlog: cannot write the output: No space left on device"
		fi
		check "$command, $where" "$status $(cat "$LOGS/err")" "$expected"
	done
done
# Closed descriptors do not become the store's, nor is anything written into it.
sum=$(cksum <"$PORTLOG_STORE")
for closed in '<&-' '2>&-' '<&- 2>&-' '<&- >&- 2>&-'; do
	run bash -c '"$PORTLOG" records '"$closed"
	check "the store is as it was after $closed" "$(cksum <"$PORTLOG_STORE")" "$sum"
done

done_testing

# shellcheck shell=bash
# What a test script (bash, TAP) begins with:
#
#     #!/bin/bash
#     # What is asserted here, and why.
#     . "$SRCDIR/tests/lib.sh"
#
# It then stands in an empty directory of its own ($T), with a store of its own that does not exist
# yet, in UTC, on 2026-11-24 at 10:15:30, without any configuration; `portlog` is the program. What it
# starts with `background` ends with it. It ends with done_testing (or begins with plan N).
#
#     check_output NAME COMMAND... <<'END'        what it prints, and that it succeeds
#     check_error NAME STATUS COMMAND... <<'END'  what it says on stderr, and its exit status
#     check NAME ACTUAL EXPECTED                  two texts (EXPECTED from stdin where it is left out)
#     ok NAME COMMAND...                          it succeeds; `ok NAME ! COMMAND...`: it fails
#     run COMMAND...                              sets $status, $out and $err (also files, $LOGS/out, $LOGS/err)
#     wait_for SECONDS COMMAND...                 until it succeeds; fails when the time is up
#     background COMMAND...                       starts it and sets $pid; output in $LOGS/$pid.out, .err
#     stop PID [SIGNAL]                           sends it (TERM), waits, sets $status
#     skip NAME WHY; skip_all WHY; note TEXT...

set -u
SRCDIR=${SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
export PORTLOG=${PORTLOG:-$SRCDIR/build/portlog}

# Nothing from the caller's environment reaches the program; what is for tests stays with the test.
for name in $(compgen -e); do
	case $name in
	PORTLOG_TEST_* | PORTLOG_REQUIRE_*)
		export -n "$name"
		;;
	PORT_* | PORTLOG_* | KAFKA_* | XDG_* | STATE_DIRECTORY | NO_COLOR | *PAGER | LESS | LC_* | LANG*)
		unset "$name"
		;;
	esac
done
test_top=$(mktemp -d "${TMPDIR:-/tmp}/portlog-test.XXXXXX") || exit 1
T=$test_top/home
LOGS=$test_top
mkdir "$T" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb HOME=$T
export PORTLOG_NOW=2026-11-24T10:15:30Z PORTLOG_STORE=$T/store.db
cd "$T" || exit 1

test_count=0
test_failed=0
test_planned=
test_pids=()

portlog() {
	"$PORTLOG" "$@"
}

note() {
	sed 's/^/# /' <<<"$*"
}

# report PASSED(0) NAME
report() {
	test_count=$((test_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $test_count - $2"
	else
		echo "not ok $test_count - $2"
		test_failed=$((test_failed + 1))
	fi
}

# same NAME EXPECTED-FILE ACTUAL-FILE
same() {
	local difference
	difference=$(diff -u --label expected --label actual "$2" "$3" 2>&1)
	report $? "$1"
	[ -z "$difference" ] || note "$difference"
}

check() {
	printf '%s\n' "$2" >"$LOGS/actual"
	if [ $# -gt 2 ]; then
		printf '%s\n' "$3" >"$LOGS/expected"
	else
		cat >"$LOGS/expected"
	fi
	same "$1" "$LOGS/expected" "$LOGS/actual"
}

run() {
	"$@" >"$LOGS/out" 2>"$LOGS/err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$LOGS/out")
	err=$(tr -d '\0' <"$LOGS/err")
}

check_output() {
	local name=$1
	shift
	cat >"$LOGS/expected"
	run "$@"
	if [ $status -ne 0 ]; then
		report 1 "$name"
		note "exit status $status"$'\n'"$err"
		return
	fi
	same "$name" "$LOGS/expected" "$LOGS/out"
}

check_error() {
	local name=$1 expected_status=$2
	shift 2
	cat >"$LOGS/expected"
	run "$@"
	if [ $status -ne "$expected_status" ]; then
		report 1 "$name"
		note "exit status $status, not $expected_status"$'\n'"$err"
		return
	fi
	same "$name" "$LOGS/expected" "$LOGS/err"
}

ok() {
	local name=$1 wanted=0
	shift
	if [ "$1" = ! ]; then
		wanted=1
		shift
	fi
	run "$@"
	report $(((status != 0) != wanted)) "$name"
	[ $(((status != 0) != wanted)) -eq 0 ] || note "exit status $status"$'\n'"$err"
}

wait_for() {
	local deadline=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.02
	done
}

background() {
	# A child that is signalled before it becomes the program would still run this shell's traps.
	trap - EXIT TERM INT
	(exec "$@" >"$LOGS/$BASHPID.out" 2>"$LOGS/$BASHPID.err" </dev/null) &
	pid=$!
	test_pids+=("$pid")
	set_traps
}

stop() {
	kill -s "${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	status=$?
	local kept=() other
	for other in ${test_pids[@]+"${test_pids[@]}"}; do
		[ "$other" = "$1" ] || kept+=("$other")
	done
	test_pids=(${kept[@]+"${kept[@]}"})
}

skip() {
	test_count=$((test_count + 1))
	echo "ok $test_count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $*"
	test_planned=0
	exit 0
}

plan() {
	echo "1..$1"
	test_planned=$1
}

done_testing() {
	plan "$test_count"
	exit $((test_failed > 0))
}

# A script that ends early, or does not run what it planned, has failed.
test_ends() {
	local result=$? other
	trap - EXIT
	for other in ${test_pids[@]+"${test_pids[@]}"}; do
		kill -KILL "$other" 2>/dev/null
		kill -CONT "$other" 2>/dev/null
		wait "$other" 2>/dev/null
	done
	cd / && rm -rf "$test_top"
	if [ -z "$test_planned" ]; then
		echo "Bail out! it ended after $test_count tests, before done_testing"
		exit 1
	fi
	[ "$test_planned" -eq "$test_count" ] && [ $test_failed -eq 0 ] || exit 1
	exit $result
}

set_traps() {
	trap test_ends EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
}
set_traps

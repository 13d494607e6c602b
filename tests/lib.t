#!/bin/bash
# tests/lib.sh itself: what should fail fails, what is started ends, what was planned is run.
# Each row is a small script in a shell of its own; its TAP output is what is compared.
set -u
SRCDIR=${SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
export SRCDIR PORTLOG=/bin/echo PORT_ORG_ID=x PORTLOG_REQUIRE_KAFKA=1 PORTLOG_VERBOSE=1
count=0
failed=0

# script NAME STATUS SCRIPT, the expected output on stdin
script() {
	local expected actual status
	expected=$(cat)
	actual=$(bash -c ". \"\$SRCDIR/tests/lib.sh\"; $3" 2>&1)
	status=$?
	count=$((count + 1))
	if [ "$status" -eq "$2" ] && [ "$actual" = "$expected" ]; then
		echo "ok $count - $1"
		return
	fi
	failed=1
	echo "not ok $count - $1"
	sed 's/^/# /' <<<"exit status $status, expected $2"$'\n'"$actual"
}

script "what is equal passes" 0 'check same x x; done_testing' <<'END'
ok 1 - same
1..1
END
script "what differs fails, and is shown" 1 'check other x y; done_testing' <<'END'
not ok 1 - other
# --- expected
# +++ actual
# @@ -1 +1 @@
# -y
# +x
1..1
END
script "an expected text from a here-document" 0 $'check text "a\nb" <<E\na\nb\nE\ndone_testing' <<'END'
ok 1 - text
1..1
END
script "a command's output" 0 $'check_output said portlog a b <<E\na b\nE\ndone_testing' <<'END'
ok 1 - said
1..1
END
script "a command's output, but it failed" 1 $'f() { echo a; echo no >&2; return 3; }; check_output said f <<E\na\nE\ndone_testing' <<'END'
not ok 1 - said
# exit status 3
# no
1..1
END
script "an error's text and status" 0 $'f() { echo no >&2; return 3; }; check_error said 3 f <<E\nno\nE\ndone_testing' <<'END'
ok 1 - said
1..1
END
script "an error with another status" 1 $'f() { echo no >&2; return 4; }; check_error said 3 f <<E\nno\nE\ndone_testing' <<'END'
not ok 1 - said
# exit status 4, not 3
# no
1..1
END
script "success and failure" 1 'ok a true; ok b ! false; ok c false; ok d ! true; done_testing' <<'END'
ok 1 - a
ok 2 - b
not ok 3 - c
# exit status 1
# 
not ok 4 - d
# exit status 0
# 
1..4
END
script "an early end fails" 1 'ok a true; exit 0' <<'END'
ok 1 - a
Bail out! it ended after 1 tests, before done_testing
END
script "less than was planned fails" 1 'plan 2; ok a true' <<'END'
1..2
ok 1 - a
END
script "all is skipped" 0 'skip_all no broker' <<'END'
1..0 # SKIP no broker
END
script "a wait that is met, and one that is not" 1 \
	'(sleep 0.1; touch there) & ok a wait_for 5 test -e there; ok b wait_for 0 test -e nowhere; done_testing' <<'END'
ok 1 - a
not ok 2 - b
# exit status 1
# 
1..2
END
script "a process is stopped" 0 'background sleep 100; stop "$pid"; check status "$status" 143
	background echo hello; wait "$pid"; check output "$(cat "$LOGS/$pid.out")" hello; done_testing' <<'END'
ok 1 - status
ok 2 - output
1..2
END
script "the environment is the test's own" 0 \
	'check zone "$(TZ="$TZ" date -d @0 +%H)" 00; check store "$PORTLOG_STORE" "$T/store.db"
	check empty "$(ls -A "$T")" ""
	check environment "$(env | grep ^PORT | sed "s|=.*||" | sort)" "PORTLOG
PORTLOG_NOW
PORTLOG_STORE"; done_testing' <<'END'
ok 1 - zone
ok 2 - store
ok 3 - empty
ok 4 - environment
1..4
END

# What was left running, even stopped, ends with the script, and its directory goes.
count=$((count + 1))
left=$(bash -c '. "$SRCDIR/tests/lib.sh"; background sleep 100; kill -STOP "$pid"; echo "$pid $T"; done_testing' | head -n 1)
if ! kill -0 "${left%% *}" 2>/dev/null && [ ! -e "${left#* }" ]; then
	echo "ok $count - nothing is left behind"
else
	failed=1
	echo "not ok $count - nothing is left behind"
fi
echo "1..$count"
exit $failed

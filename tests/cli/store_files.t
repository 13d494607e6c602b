#!/bin/bash
# The files of a store: one writer for one file, whatever it is called; nothing is written to what is not
# the store any more, or beside what would change it; and only those read it who are meant to.
. "$SRCDIR/tests/lib.sh"

TOOLS=${TOOLS:-$SRCDIR/build/tests/tools}
background "$TOOLS/mock" org_t.runs:1
wait_for 10 test -s "$LOGS/$pid.out"
brokers=$(cat "$LOGS/$pid.out")
store=$PORTLOG_STORE
message='{"context":{"runId":"r_1"}}'

record() { # STORE [GROUP]: in the background; sets $recorder
	background "$PORTLOG" --store "$1" record --org org_t --topic org_t.runs --brokers "$brokers" \
		--group "org_t.${2:-one}" -X security.protocol=PLAINTEXT
	recorder=$pid
	wait_for 20 grep -q "partitions assigned" "$LOGS/$recorder.err"
}

import() { # STORE
	portlog --store "$1" import -t org_t.runs - <<<"$message"
}

ends() { # of itself, with 4
	wait_for 20 eval '! kill -0 "$recorder" 2>/dev/null'
	stop "$recorder"
	[ "$status" = 4 ]
}

# Another name of the same file
umask 022
import "$store" >/dev/null
mkdir real
mv store.db* real/
ln -s real/store.db link.db
ok 'it records by a symbolic link' record "$PWD/link.db"
check 'what is beside the store is named after the file' "$(echo link.db* real/store.db.*)" \
	'link.db real/store.db.lock real/store.db.sock'
run import real/store.db
check 'the file itself has its writer' "$status $err" \
	"4 portlog: cannot import 'standard input': cannot open the store '$PWD/real/store.db': cannot write to '$PWD/real/store.db': process $recorder is recording into it; stop it first"
portlog --store link.db status -o json >status.json
ok 'who asks by the link finds the recorder' grep -q "\"pid\": *$recorder\b" status.json
rm real/store.db.lock
run import real/store.db
check 'also where the lock was removed' "$status ${err##*: }" '4 another process is writing to it; stop it first'
ln real/store.db hard.db
run import hard.db
check 'a hard link is not the name for writing' "$status $(grep -c 'one of 2 names' <<<"$err")" '4 1'
rm hard.db*
stop "$recorder"
check 'and the recorder ends well' $status 0
ln real/store.db hard.db
run import real/store.db
check 'a hard link that a backup made hinders nobody' "$status $out" '0 0 records added, 1 were here already'
rm hard.db
run import real
check 'a folder is not a store' "$status ${err##*: }" "4 '$PWD/real' is not a file"
ln -s nowhere/x.db dangling.db
run import dangling.db
check 'a link to nothing is not followed' "$status ${err##*: }" '4 No such file or directory'

# A store that goes away underneath: the recorder ends instead of writing to a file without a name.
goes_away() { # HOW WORD COMMAND...
	import gone/s.db >/dev/null
	record "$PWD/gone/s.db" "$1"
	"${@:3}"
	ok "$1: the recorder ends" ends
	ok "$1: and says why" grep -q "^portlog: cannot record: the store '$PWD/gone/s.db' was $2 while it was open" \
		"$LOGS/$recorder.err"
}
replace() {
	cp gone/s.db gone/copy && mv gone/copy gone/s.db
}
goes_away replaced replaced replace
goes_away removed 'removed or renamed' rm -r gone

# A limit to the size of files is an ordinary error, not a signal without a word.
run bash -c 'ulimit -f 50; exec "$PORTLOG" --store limited.db import -t org_t.runs - <<<"{}"'
check 'a file that may not grow' "$status ${err##*; }" "4 check the disk of the store, and 'ulimit -f'"

# Only import and record make a store.
run portlog --store typo.db reindex
check 'reindex makes no store' "$status $err $(echo typo*)" \
	"4 portlog: cannot open the store 'typo.db': No such file or directory; --store names another typo*"

# What SQLite would play back
cp real/store.db kept.db
: >real/store.db-journal
for command in reindex log; do
	run portlog --store real/store.db "$command"
	check "$command beside a journal" "$status $(grep -c "store.db-journal' is next to it" <<<"$err")" '4 1'
done
rm real/store.db-journal
ok 'it was not touched' cmp kept.db real/store.db

# Who may read it
modes() {
	stat -c %a real/store.db real/store.db-wal real/store.db-shm 2>/dev/null | sort -u | xargs
}
chmod 666 real/store.db*
touch real/store.db-shm
chmod 644 real/store.db-shm
import real/store.db >/dev/null
check 'the owner alone' "$(modes)" 600
echo "{\"store_group\": \"$(id -gn)\"}" >group.json
PORTLOG_CONFIG=group.json import real/store.db >/dev/null
check 'and the group' "$(modes)" 640
done_testing

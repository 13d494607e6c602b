#!/bin/bash
# sql: reads the views in every format, does nothing but read, ends when it is told to.
. "$SRCDIR/tests/lib.sh"

ok 'a history' portlog import -t org_Q.runs "$SRCDIR/tests/data/messages/v02_entity_created.json"

check_output 'text' portlog sql 'SELECT seq, entity, NULL, 1.5 FROM changes' <<'END'
1	ledger		1.5
END
check_output 'a table' portlog sql 'SELECT seq, entity FROM changes' -o table <<'END'
SEQ  ENTITY
  1  ledger
END
check_output 'json: columns of that name that hold JSON are JSON' \
	portlog sql "SELECT entity, '[1.10]' AS new, 'plain' AS body FROM changes" -o json <<'END'
[
{"entity":"ledger","new":[1.10],"body":"plain"}
]
END
check_output 'from standard input' bash -c 'echo "SELECT count(*) FROM journal;" | "$PORTLOG" sql' <<'END'
1
END
cp "$PORTLOG_STORE" before
check_error 'it does not write' 2 portlog sql 'DELETE FROM record' <<'END'
portlog: cannot run 'sql': sql only reads: no change
END
check_error 'nor to other files' 2 portlog sql "ATTACH 'x.db' AS x" <<'END'
portlog: cannot run 'sql': sql only reads: no other files
END
check_error 'nor settings' 2 portlog sql 'PRAGMA query_only = 0' <<'END'
portlog: cannot run 'sql': sql only reads: no pragma 'query_only'
END
ok 'the store is as it was' cmp before "$PORTLOG_STORE"
check_error 'a mistake' 2 portlog sql 'SELECT FROM' <<'END'
portlog: cannot run 'sql': the query is not right: near "FROM": syntax error
END
check_error 'a name that is nearly one' 2 portlog sql 'SELECT entty FROM changes' <<'END'
portlog: cannot run 'sql': the query is not right: no such column: entty; did you mean 'entity'?
END
check_error 'a view that is nearly one' 2 portlog sql 'SELECT 1 FROM chnges' <<'END'
portlog: cannot run 'sql': the query is not right: no such table: chnges; did you mean 'changes'?
END
check_error 'what goes wrong while it runs is no trouble of the store' 2 \
	portlog sql 'SELECT abs(-9223372036854775808)' <<'END'
portlog: cannot run 'sql': the query is not right: integer overflow
END
check_error 'nothing' 2 portlog sql ' -- nothing' <<'END'
portlog: cannot run 'sql': the query is empty
END
check_error 'a query without its end' 2 portlog sql "SELECT 'a" <<'END'
portlog: cannot run 'sql': the query is not right: unrecognized token: "'a"
END

# Several statements, as in sqlite3; but the first that fails is the last.
check_output 'two statements' portlog sql "SELECT 1; SELECT ';' ; -- done" <<'END'
1
;
END
check_output 'each has a header of its own' \
	bash -c '"$PORTLOG" sql "SELECT 1 AS a; SELECT 2 AS b" -o tsv' <<'END'
a
1
b
2
END
script=$'.mode tsv\nSELECT 1 AS a,\n  2 AS b;\n\n-- a comment\n.mode text\nSELECT 3; SELECT 4\n'
check_output 'a script, with commands' bash -c '"$PORTLOG" sql <<<"$0"' "$script" <<'END'
a	b
1	2
3
4
END
run portlog sql 'SELECT 1; DELETE FROM record; SELECT 2'
check 'the first that fails ends it' "$status $out $err" \
	"2 1 portlog: cannot run 'sql': sql only reads: no change"
run bash -c 'printf "SELECT 1;\n.mod xml\nSELECT 2;\n" | "$PORTLOG" sql'
check 'a command, too' "$status $out $err" \
	"2 1 portlog: cannot run 'sql': .mode: 'xml' is none of auto, table, text, csv, tsv, json, jsonl or line"
run bash -c 'printf "SELECT 1;\n.quit\nnonsense\n" | "$PORTLOG" sql'
check '.quit leaves' "$status $out $err" '0 1 '
run bash -c 'printf "SELECT 1\0" | "$PORTLOG" sql'
check 'a NUL' "$status $err" "2 portlog: cannot run 'sql': there is a NUL in the query"
check_output '.tables' portlog sql .tables <<'END'
journal
changes
property_changes
runs
run_events
executions
reports
gaps
users
entities
positions
checkpoints
END
COLUMNS=60 check_output '.schema, wrapped' portlog sql '.schema GAPS' <<'END'
gaps (topic, partition, epoch, first_offset, last_offset,
        reason, found_at)
END
check '.schema of all has what the views have' \
	"$(COLUMNS=10000 portlog sql .schema)" \
	"$(portlog sql "SELECT name || ' (' || (SELECT group_concat(c.name, ', ') FROM pragma_table_info(v.name) c) \
		|| ')' FROM sqlite_temp_schema v WHERE type = 'view' ORDER BY v.rowid")"
check_error 'no such view' 2 portlog sql '.schema run' <<'END'
portlog: cannot run 'sql': no view is called 'run'; did you mean 'runs'?
END
check_error 'no such command' 2 portlog sql .tabels <<'END'
portlog: cannot run 'sql': no command is called '.tabels'; did you mean '.tables'?
END

# Nothing is left out silently.
COLUMNS=20 check_error 'what a table cuts is said' 0 portlog sql -o table \
	"SELECT '$(printf 'x%.0s' {1..40})' AS a, 1 AS b" <<'END'
portlog: 1 value is cut; -o line shows all
END
check 'and shown as cut' "$out" $'A                  B\nxxxxxxxx…xxxxxxxx  1'
run portlog sql -o table 'SELECT 1'
check 'nothing is said of what is whole' "$err" ''
check_output 'a line for each value' portlog sql -o line \
	"SELECT 1 AS a, NULL AS bcd, char(27) || '[31m' AS [e' || char(27)] UNION ALL SELECT 2, 'x', 'y'" <<'END'
a               1
bcd
e' || char(27)  \x1b[31m

a               2
bcd             x
e' || char(27)  y
END
check_output 'a hostile name of a column' bash -c '"$PORTLOG" sql -o line "$0"' $'SELECT 1 AS [a\e[31m]' <<'END'
a\x1b[31m  1
END
run portlog sql $'SELECT \e[31m'
check 'hostile SQL in an error' "$err" \
	"portlog: cannot run 'sql': the query is not right: unrecognized token: \"\\x1b\""
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
check_error 'time is up' 4 portlog sql "$endless" --timeout 50ms <<'END'
portlog: cannot finish the query within 50ms; --timeout gives it longer
END
# SQLite looks at no clock while it compares 100 MB with 50 MB at each place of it.
check_error 'time is up in a function of SQLite' 4 portlog sql --timeout 200ms \
	"SELECT instr(zeroblob(100000000), zeroblob(50000000) || x'01')" <<'END'
portlog: cannot finish the query within 200ms; --timeout gives it longer
END
check_output 'without --timeout it is 5 minutes' bash -c 'echo .timeout | "$PORTLOG" sql' <<'END'
5m 00s
END
check_output 'but 0s is none' bash -c 'echo .timeout | "$PORTLOG" sql --timeout 0s' <<'END'
none
END
check_output 'in time' portlog sql 'SELECT 1; SELECT 2' --timeout 1m <<'END'
1
2
END
check_error 'a mistake in time' 2 portlog sql 'SELECT FROM' --timeout 1m <<'END'
portlog: cannot run 'sql': the query is not right: near "FROM": syntax error
END
run bash -c 'set -o pipefail; "$PORTLOG" sql --timeout 1m "$0" | head -n 1' \
	'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
check 'a closed pipe is quiet' "$status $out $err" '141 1 '
check_error 'a full disk is not' 4 bash -c '"$PORTLOG" sql "$0" >/dev/full' \
	'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n' <<'END'
portlog: cannot write the output: No space left on device
END

# Ctrl-C: what a script starts in the background ignores SIGINT, what Python starts does not. The
# first row says that the query runs.
cat >interrupt.py <<'END'
import signal, subprocess, sys

process = subprocess.Popen(["bash", "-c", 'exec "$0" sql "$1"', *sys.argv[1:]], stdout=subprocess.PIPE,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
process.stdout.read(1)
process.send_signal(signal.SIGINT)
print(process.wait(timeout=20) in (130, -signal.SIGINT))
END
rows='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
check_output 'Ctrl-C ends it as a shell expects' python3 interrupt.py "$PORTLOG" "$rows" <<'END'
True
END

done_testing

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
check_error 'two statements' 2 portlog sql 'SELECT 1; SELECT 2' <<'END'
portlog: cannot run 'sql': sql takes one statement at a time
END
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
check_error 'time is up' 4 portlog sql "$endless" --timeout 50ms <<'END'
portlog: cannot finish the query within 50ms; --timeout gives it longer
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

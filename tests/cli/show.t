#!/bin/bash
# show: a record with what it means and its value, exact bytes with --raw; a run with its timeline; an
# entity's latest state. What is ambiguous or not there is said, with exit status 1.
. "$SRCDIR/tests/lib.sh"
export COLUMNS=80 # in a pipe, too

for name in v02_entity_created v13_run_created v13_run_approved v13_run_ended; do
	cat "$SRCDIR/tests/data/messages/$name.json"
	echo
done >messages
echo '{"n": 1.10, "big": 9007199254740993,   "e": []}' >>messages
ok 'the history is here' portlog import -t org_Q.runs messages

portlog show 1 | grep -v received >shown
check 'a record: itself, what it tells, its value' "$(cat shown)" <<'END'
seq             1
source          import
topic           org_Q.runs
timestamp_type  none
size            340
body            plain

TIME UTC             OPERATION  STATUS   BLUEPRINT  ENTITY  ACTOR
2026-11-02 09:31:00  CREATE     SUCCESS  service    ledger  Zk3@clients

{
  "action": "CREATE",
  "resourceType": "entity",
  "status": "SUCCESS",
  "trigger": {
    "by": {
      "orgId": "org_Q",
      "userId": "Zk3@clients"
    },
    "origin": "API",
    "at": "2026-11-02T09:31:00Z"
  },
  "context": {
    "entity": "ledger",
    "blueprint": "service"
  },
  "diff": {
    "before": null,
    "after": {
      "identifier": "ledger",
      "title": "Ledger",
      "blueprint": "service",
      "properties": {},
      "relations": {}
    }
  }
}
END
check_output 'digits stay' bash -c '"$PORTLOG" show 5 | tail -n 5' <<'END'
{
  "n": 1.10,
  "big": 9007199254740993,
  "e": []
}
END
check_output '--raw' portlog show 5 --raw < <(tail -n 1 messages | tr -d '\n')
check_output 'a run: how it stands, and its life' portlog show r_inner <<'END'
run_id           r_inner
kind             action
time             2026-11-05 10:00:00
status           SUCCESS
action           deploy_service
operation        DAY-2
blueprint        service
entity           checkout
actor            cleo@quay.example
user_id          auth0|5f07
origin           UI
signature        none
port_status      SUCCESS
status_label     Rolled out
approved_by      cleo@quay.example
decision         approved
decided_by       cleo@quay.example
decided_at       2026-11-05 10:00:00
decision_reason  looks fine
ended_at         2026-11-05 09:59:58
duration         59m 58s
summary          done
link             ["https://ci.quay.example/17"]
external_run_id  17
execution_count  0
seq              2
last_seq         4

TIME UTC             AFTER  SEQ  WHAT       ACTOR           DETAIL
2026-11-05 10:00:00           2  requested  cleo@qu…xample  WAITING_FOR_APPROVAL
2026-11-05 10:00:00    0ms    3  approved   cleo@qu…xample  looks fine
2026-11-05 10:00:00    0ms    4  ended      cleo@qu…xample  done

{
  "version": "2.0"
}
END
check_output 'an entity: its latest state' portlog show service/ledger <<'END'
blueprint  service
entity     ledger
title      Ledger
time       2026-11-02 09:31:00
seq        1
deleted    no

{
  "identifier": "ledger",
  "title": "Ledger",
  "blueprint": "service",
  "properties": {},
  "relations": {}
}
END
check_output 'json is one object' bash -c '"$PORTLOG" show r_inner -o json | python3 -c "
import json, sys
run = json.load(sys.stdin)
print(run[\"status\"], run[\"inputs\"], [e[\"what\"] for e in run[\"events\"]])"' <<'END'
SUCCESS {'version': '2.0'} ['requested', 'approved', 'ended']
END

sed 's/"service"/"cluster"/g' "$SRCDIR/tests/data/messages/v02_entity_created.json" >more
ok 'another ledger' portlog import -t org_Q.runs more
check_error 'an id that several have' 1 portlog show ledger <<'END'
portlog: 'ledger' is the name of several: service/ledger, cluster/ledger
END
ok 'with its blueprint it is one' portlog show cluster/ledger
check_error 'no such record' 1 portlog show 99 <<'END'
portlog: no record here has the number 99; they go from 1 to 6
END
check_error 'no such record, however large' 1 portlog show 99999999999999999999 <<'END'
portlog: no record here has the number 99999999999999999999; they go from 1 to 6
END
check_error 'no such run' 1 portlog show r_inne <<'END'
portlog: no run here is called 'r_inne'; did you mean 'r_inner'?
END
PORTLOG_STORE=$T/named.db
sed 's/"blueprint":"service"}/"blueprint":"service","runId":"r_old"}/' \
	"$SRCDIR/tests/data/messages/v01_entity_updated.json" >named
ok 'a change by a run that is not here' portlog import -q -t org_Q.runs named
check_error 'only changes name the run' 1 portlog show r_old <<'END'
portlog: run 'r_old' itself is not recorded, only 1 change by it; 'portlog log --run r_old' shows that
END
PORTLOG_STORE=$T/store.db
check_error 'no such entity' 1 portlog show service/lodger <<'END'
portlog: no entity here is called 'service/lodger'; did you mean 'service/ledger'?
END
check_error '--raw is of records' 2 portlog show r_inner --raw <<'END'
portlog: cannot run 'show': --raw goes with a record's number
END
check_error 'one thing is no table' 2 portlog show 1 -o csv <<'END'
portlog: cannot run 'show': one thing is no table; -o takes text, json or jsonl
END
check_error 'nothing to show' 2 portlog show <<'END'
portlog: cannot run 'show': it must be said what to show: a record's number, a run or an entity
END

ok 'in a pipe nothing is left out or cut' \
	sh -c 'unset COLUMNS; "$PORTLOG" show 1 | grep -q "identifier, title, blueprint"'

done_testing

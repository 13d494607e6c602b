#!/bin/bash
# What `portlog complete` offers the shells' scripts: words of the rows that parse the command line,
# and names from the store that the line means. tests/cli/completion_shells.py has the shells themselves.
. "$SRCDIR/tests/lib.sh"

offered() { # WORD...: the words that may come, on one line
	portlog complete words -- "$@" 2>&1 | cut -f 1 | tr '\n' ' '
}
# all_of NAME WORDS: what is offered is all of that
all_of() {
	check "$1" "$(offered "${@:3}")" "words $2"
}

check "commands, without the hidden one" "$(offered '')" \
	"words $(portlog --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' | tr '\n' ' ')"

check "with what they do" "$(portlog complete words -- expo | tail -n 1)" \
	$'export\twrite every record as a line of JSON'
all_of "global options before it" "--config --color " --co
all_of "and behind" "--count --columns --config --color " log --co
all_of "twins, where asked for" "--not-status --not-search " log --not-s
all_of "and not else" "--no-pager " records --no
all_of "no filter that the command has no field for" "" runs --prop
all_of "flags of the configuration" "--brokers " record --br
all_of "choices" "json jsonl " log -o js
all_of "behind bundled flags" "json jsonl " log -ro js
all_of "behind =" "--color=auto --color=always " --color=a
all_of "columns, one after the other" "seq,time seq,time_ms seq,title " log --columns seq,ti
all_of "columns are those of the command" "summary " runs --columns su
all_of "words of problems" "not_json not_utf8 " records --problem not
all_of "words that an argument may be" "beginning " record --from b
all_of "times" "today tuesday thursday " log --since t
all_of "commands as arguments" "record records reindex " help re
all_of "nothing for a number" "" log -n ''
all_of "nothing for an argument too many" "" sql x ''
all_of "nothing behind a command that is not there" "" lgo --
check "files" "$(offered import '') $(offered --store '') $(offered demo --dir=x)" "files  files  files "

ok "every time that is offered is one" bash -c 'for t in $("$PORTLOG" complete words -- log --since "" | tail -n +2); do
	"$PORTLOG" --store none log --since "$t" 2>&1 | grep -q "cannot open the store" || exit 1; done'

# Without a store, and with one that is none, there is nothing to say of names; nor any complaint.
all_of "no store" "" log --user ''
echo garbage >garbage.db
all_of "garbage" "" --store garbage.db log --user ''
all_of "no configuration" "" --config missing.json log --user ''
all_of "options nevertheless" "--user " --config missing.json log --us

for message in v01_entity_updated v02_entity_created v06_run_day2 v13_run_ended; do
	portlog import -q -t org_Q.runs "$SRCDIR/tests/data/messages/$message.json"
done
check "names are as in the views" "$(offered log --blueprint '')" \
	"words $(portlog sql "SELECT DISTINCT blueprint FROM (SELECT blueprint FROM changes UNION SELECT blueprint FROM runs WHERE entity IS NOT NULL) WHERE blueprint IS NOT NULL ORDER BY 1" | tr '\n' ' ')"
check "people" "$(offered runs --user '')" \
	"words $(portlog sql "SELECT DISTINCT coalesce(email, name, user_id) FROM users ORDER BY 1" | tr '\n' ' ')"
check "runs, newest first" "$(offered show r)" \
	"words $(portlog sql "SELECT run_id FROM runs WHERE run_id LIKE 'r%' ORDER BY time_ms DESC" | tr '\n' ' ')"
check "actions" "$(offered runs --action '')" \
	"words $(portlog sql "SELECT action FROM runs WHERE action IS NOT NULL UNION SELECT action FROM changes WHERE action IS NOT NULL ORDER BY 1" | tr '\n' ' ')"
all_of "a blueprint as a folder" "service/ " log se
all_of "and what is in it" "service/checkout " log service/ch
all_of "in any blueprint" "/checkout " log /ch
all_of "an id alone" "checkout " log ch
all_of "properties, with and without their place" "replicas " log --property rep
all_of "with it" "properties.replicas " log --property properties.rep
all_of "topics" "org_Q.runs " log --topic ''
mkdir home
cp store.db home/portlog.db
check "the store that the line names" "$(HOME=$T/home PORTLOG_STORE=none offered --store '~/portlog.db' log /ch)" \
	"words /checkout "

# More than fifty: the first and the last are there, so that no shell takes what some have in common
# for what all have.
for i in $(seq 100 299); do
	printf '{"action":"CREATE","resourceType":"entity","trigger":{"at":"2026-11-20T10:00:00.000Z","by":{"userId":"u1"}},"context":{"entity":"e%s","blueprint":"many"},"diff":{"before":null,"after":{"identifier":"e%s","properties":{}}}}\n' "$i" "$i"
done | portlog import -q -t org_Q.runs -
check "the newest fifty, the first and the last" "$(offered log many/ | tr ' ' '\n' | sort | sed -n '1p;2p;3p;$p' | tr '\n' ' ')" \
	"many/e100 many/e250 many/e251 words "
check "the first fifty, and the last" "$(offered log many/e1 | wc -w) $(offered log many/e1 | grep -o 'many/e199')" "52 many/e199"

# bash: the line as it stands, and the piece of it that bash will replace.
bash_offers() {
	portlog complete bash -- "$@" | tail -n +2 | tr '\n' ' '
}
check "bash: behind what breaks words" "$(bash_offers 'portlog log --columns=seq,ti' 'seq,ti')" "seq,time seq,time_ms seq,title "
check "bash: behind quotes" "$(bash_offers 'portlog "log" --prop'"'"'erty'"'"' re' re)" "replicas "
check "bash: in quotes" "$(bash_offers 'portlog log "service/che' 'service/che')" "service/checkout "
check "bash: nothing where its piece is none" "$(bash_offers 'x' 'much longer')" ""

done_testing

#!/bin/bash
# The manual has what the program has: every command, global option and member of the configuration;
# and what the documentation shows works.
. "$SRCDIR/tests/lib.sh"

missing() { # PAGE, lines on stdin: those that have no entry in it
	while read -r word; do
		grep -q -- "^\.It \(Cm\|Fl\) .*$word\b" "$SRCDIR/doc/$1" ||
			grep -q -- "^\.It Cm $word\b" "$SRCDIR/doc/$1" || echo "$word"
	done
}

portlog --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' >commands
ok "there are commands" test -s commands
check "every command is in portlog(1)" "$(missing portlog.1 <commands)" ""

while read -r command; do
	portlog help "$command" >help.txt || echo "$command"
done <commands >failed
check "every command has help" "$(cat failed)" ""

portlog --help | sed -n 's/^  .*--\([a-z-]*\).*/\1/p' >options
ok "there are global options" test -s options
check "every global option is in portlog(1)" "$(missing portlog.1 <options)" ""

portlog check --schema | sed -n 's/^    "\([a-z_]*\)": {$/\1/p' | grep -v '^text$' >members
ok "there are members" grep -qx kafka members
check "every member is in portlog-config(5)" \
	"$(while read -r m; do grep -q "^\.It Cm .*\b$m\b" "$SRCDIR/doc/portlog-config.5" || echo "$m"; done <members)" ""

# The sample names an environment variable and a file: both are given here.
mkdir etc
cp "$SRCDIR/doc/config.sample.json" etc/config.json
echo secret >etc/kafka-password
PORT_KAFKA_USER=org_XXXXXXXXXXXXXXXX PORT_CLIENT_ID=i PORT_CLIENT_SECRET=s \
	run portlog check --offline --config etc/config.json --store "$T/store.db"
check "the sample configuration has no problems" "$status $(grep '^problem' <<<"$out")" "0 "
ok "and its secrets are not shown" ! grep -q 'secret$' <<<"$out$err"

done_testing

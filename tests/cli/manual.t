#!/bin/bash
# The manual has what the program has: a page for every command, every member of the configuration,
# every view with its columns; it is right mdoc, refers to nothing that is not there, and what its
# examples show works.
. "$SRCDIR/tests/lib.sh"

built=$(dirname "$PORTLOG")/doc
cp "$built"/*.1 "$SRCDIR"/doc/*.5 "$SRCDIR"/doc/*.7 .

portlog --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' >commands
ok "there are commands" test -s commands
check "every command has a page" "$(while read -r command; do
	[ -s "portlog-$command.1" ] ||
		echo "portlog-$command(1) is missing: write doc/portlog-$command.1.in, with a line in doc/meson.build; see CONTRIBUTING.md, 'A command'"
done <commands)" ""
check "every page has its sections" "$(while read -r command; do
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS EXAMPLES 'SEE ALSO'; do
		[ ! -s "portlog-$command.1" ] || grep -qx "\.Sh $section" "portlog-$command.1" ||
			echo "doc/portlog-$command.1.in has no $section (NAME and SYNOPSIS are @HEAD@, OPTIONS is @OPTIONS@)"
	done
done <commands)" ""
check "every command is in portlog(1)" \
	"$(while read -r command; do grep -q "^\.It Xr portlog-$command 1" portlog.1 || echo "$command"; done <commands)" ""

# missing PAGE: options of the help on stdin that are not in the page. In mdoc a minus is \-.
missing() {
	sed -n 's/^  \(-[a-z], \|    \)--\([a-z-]*\).*/\2/p' | while read -r word; do
		grep -q -- "^\.It .*Fl \\\\-${word//-/\\\\-}\( \|$\)" "$1" || echo "$1: --$word"
	done
}
check "every option is in its command's page" "$(while read -r command; do
	[ ! -s "portlog-$command.1" ] || portlog "$command" --help | missing "portlog-$command.1"
done <commands)" ""
check "every global option is in portlog(1)" "$(portlog --help | missing portlog.1)" ""

portlog check --schema | sed -n 's/^    "\([a-z_]*\)": {$/\1/p' | grep -v '^text$' >members
ok "there are members" grep -qx kafka members
check "every member is in portlog-config(5)" \
	"$(while read -r m; do grep -q "^\.It Cm .*\b$m\b" portlog-config.5 || echo "$m"; done <members)" ""

# The views as another tool sees them.
ok "a history" portlog import -t org_Q.runs "$SRCDIR/tests/data/messages/v02_entity_created.json"
python3 - "$PORTLOG_STORE" >views <<'END'
import sqlite3, sys
store = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for (view,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid").fetchall():
    print(view, *(column[1] for column in store.execute(f"PRAGMA table_info({view})")))
END
sed -n '/^\.Sh VIEWS/,/^\.Sh EXAMPLES/p' portlog-views.7 | awk '
	/^\.Ss / { if (line) print line; line = $2 }
	/^\.It Cm / { line = line " " $3; if (getline > 0 && !/[A-Za-z0-9]/) print line ": nothing is said of it" }
	END { print line }' >described
check "portlog-views(7) has every view and column, in order" "$(sort described)" "$(sort views)"

if command -v mandoc >/dev/null; then
	check "mandoc finds nothing wrong" "$(mandoc -T lint -W warning ./*.[157])" ""
else
	skip "mandoc finds nothing wrong" "mandoc is not here"
fi
if command -v groff >/dev/null; then
	for page in *.[157]; do
		groff -k -mandoc -T utf8 -P-c -rLL=80n -w all "$page" 2>&1 >"$page.txt" | sed "s/^/$page: /"
	done >warnings
	check "groff finds nothing wrong" "$(cat warnings)" ""
	check "every page fits 80 columns" "$(cat ./*.txt | col -bx | grep -E '.{81}')" ""
else
	skip "groff finds nothing wrong" "groff is not here"
	skip "every page fits 80 columns" "groff is not here"
fi
check "no quote is lost in a macro's arguments" \
	"$(grep -nE '^\.(Dl|Li|Ql|Cm|Pa|Sy) .*[^ ]"[^ ]|^\.(Dl|Li|Ql) .* "' ./*.[157])" ""
check "pages refer to pages that are there" "$(sed -n 's/^\.\(It \)\?Xr \(portlog[a-z-]*\) \([0-9]\).*/\2.\3/p' ./*.[157] |
	sort -u | while read -r page; do [ -s "$page" ] || echo "$page"; done)" ""

# Examples of commands that read, on the demo's story.
ok "the demo" portlog demo --quiet --dir story
cat ./*.1 | sed -n 's/^\.Dl \(portlog \(log\|runs\|records\|show\|diff\|blame\|why\|stats\|sql\|export\|executions --[a-z]*\) .*\)/\1/p' | sed 's/\\(dq/"/g' >examples
ok "there are examples" test "$(wc -l <examples)" -gt 9
while read -r example; do
	PORTLOG_STORE=$T/story/portlog.db run bash -c "$(printf '%q() { "$PORTLOG" "$@"; }\n%s' portlog "${example% >*}")"
	[ $status -eq 0 ] || [[ $status -eq 1 && $example == *--exit-code* ]] || echo "$example: $status $err"
done <examples >failed
check "the examples work" "$(cat failed)" ""

# help: where stdout is no terminal, and where man has no such page, the short help.
check "help tells of a command" "$(portlog help log)" "$(portlog log --help)"
mkdir bin
cat >bin/man <<'END'
#!/bin/sh
[ "$1" = -w ] && [ "$3" = portlog-sql ] && exit 1
echo "man $*"
END
chmod +x bin/man
on_terminal() { # COMMAND...: what it prints on a terminal
	script -qec "$(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r'
}
export PATH=$T/bin:$PATH PORTLOG_PAGER=cat
check "on a terminal its page" "$(on_terminal "$PORTLOG" help log)" "man 1 portlog-log"
check "where it is installed" "$(on_terminal "$PORTLOG" help sql | head -n 1)" "usage: portlog sql [options] [QUERY]"
check "guides are pages, too" "$(portlog help views)" "man 7 portlog-views"
printf '#!/bin/sh\nexit 16\n' >bin/man
check_error "where there are any" 1 portlog help config <<'END'
portlog: cannot show portlog-config(5): man does not find it; install portlog's manual
END

# The sample names an environment variable and a file: both are given here.
mkdir etc
cp "$SRCDIR/doc/config.sample.json" etc/config.json
echo secret >etc/kafka-password
PORT_KAFKA_USER=org_XXXXXXXXXXXXXXXX PORT_CLIENT_ID=i PORT_CLIENT_SECRET=s \
	run portlog check --offline --config etc/config.json --store "$T/store.db"
check "the sample configuration has no problems" "$status $(grep '^problem' <<<"$out")" "0 "
ok "and its secrets are not shown" ! grep -q 'secret$' <<<"$out$err"

done_testing

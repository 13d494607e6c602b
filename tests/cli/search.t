#!/bin/bash
# --search does what portlog(1) says of it: words, their parts, phrases, paths.
. "$SRCDIR/tests/lib.sh"

# entity ID TITLE MEMBER...: a new entity, with properties
entity() {
	printf '{"action":"CREATE","resourceType":"entity","status":"SUCCESS","trigger":{"at":"2026-11-20T10:00:00.000Z","by":{"userId":"u1","byPort":false},"origin":"UI"},"context":{"entity":"%s","blueprint":"service"},"diff":{"before":null,"after":{"identifier":"%s","title":"%s","blueprint":"service","properties":{%s},"relations":{}}}}\n' \
		"$1" "$1" "$2" "$3"
}
{
	entity one 'Checkout, the API' '"repository":"checkout-api_v2","place":"payments/ledger","owner":"ada@example.org"'
	entity two 'Prüfung' '"replicas":3,"class":"HTTPServer","note":"Sells gift cards and a voucher."'
	entity three 'x' '"note":"cards as a gift; the voucher of checkout_api"'
} >messages
ok "three entities" portlog import -t org_Q.change.log messages
check "are three changes" "$(portlog log --count)" 3

while IFS='|' read -r text found; do
	[ -n "$text" ] || continue
	check "$text" "$(portlog log -r --search "$text" --columns entity | tr '\n' ' ')" "${found:+$found }"
done <<'END'
checkout|one three
CHECKOUT|one three
check|
check*|
checkout-api|
checkout-api_v2|one
Checkout-API_v2|one
payments/ledger|one
ledger payments|one
"payments/ledger"|one
"ledger payments"|
checkout v2|one
api checkout|one three
"the API"|one
"checkout api"|
"checkout_api"|three
ada@example.org|one
ada|one
prüfung|two
HTTPServer|two
server http|two
"gift cards"|two
"cards gift"|
gift cards|two three
"gift cards" voucher|two
"gift cards|two
(gift), cards!|two three
replicas|
p:properties.replicas|two
x|three
e|
END
check "several: any of them" "$(portlog log -r --search ada --search '"gift cards"' --columns entity | tr '\n' ' ')" "one two "
check "in any order" "$(portlog log -r --search '"gift cards"' --search ada --columns entity | tr '\n' ' ')" "one two "
check "the twin" "$(portlog log -r --not-search '"gift cards"' --columns entity | tr '\n' ' ')" "one three "
check_error "what has no word" 2 portlog log --search '* - "' <<'END'
portlog: cannot run 'log': --search '* - "' has no word in it
END

done_testing

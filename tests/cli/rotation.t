#!/bin/bash
# The client secret is rotated: what Port signed before stays good, with the former secrets in the
# configuration for what comes later, and without them for what was good when it was recorded.
. "$SRCDIR/tests/lib.sh"

signed() { # how Port signed it, its member MEMBER
	python3 -c 'import json, sys
for line in open(sys.argv[3]):
    row = json.loads(line)
    if row["name"] == sys.argv[1]:
        print(row[sys.argv[2]], end="")' "$1" "$2" "$SRCDIR/tests/data/signed_messages.jsonl"
}
signed 'good plain' text >message
signed 'good plain' secret >old
echo rotated-s3cret >new
python3 -c 'import json
print(json.dumps({"topic": "t", "partition": 0, "offset": 0, "payload": open("message").read()}))' >line

use() { # the members of port
	echo "{\"port\": {$1}}" >config.json
}
signature() {
	portlog --config config.json sql 'SELECT signature FROM runs'
}

use '"client_secret": {"file": "old"}'
ok 'recorded with the secret it was signed with' portlog --config config.json import line
check 'it is good' "$(signature)" good

use '"client_secret": {"file": "new"}'
ok 'reindex after the rotation' portlog --config config.json reindex
check 'it stays good' "$(signature)" good
use ''
ok 'reindex without a secret' portlog --config config.json reindex
check 'it stays good' "$(signature)" good

# Another store, that was never told the former secret.
export PORTLOG_STORE=$T/other.db
use '"client_secret": {"file": "new"}'
ok 'recorded after the rotation' portlog --config config.json import line
check 'it is bad' "$(signature)" bad
use '"client_secret": {"file": "new"}, "former_client_secrets": [{"env": "OLDER"}, {"file": "old"}]'
export OLDER=even-older-s3cret
ok 'reindex with the former secrets' portlog --config config.json reindex
check 'it is good' "$(signature)" good

rm other.db*
use ''
ok 'recorded without a secret' portlog --config config.json import line
check 'it is unverifiable' "$(signature)" unverifiable
use '"client_secret": {"file": "new"}'
ok 'reindex with another' portlog --config config.json reindex
check 'it is bad' "$(signature)" bad

use '"client_secret": "x", "former_client_secrets": "hush-s3cret"'
check_error 'a list is wanted, and no secret is told' 2 portlog --config config.json log <<'END'
portlog: cannot use the configuration config.json: 'port.former_client_secrets' must be an array of strings, not a string
END

done_testing

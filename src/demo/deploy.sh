#!/bin/sh
# sh deploy.sh SERVICE VERSION: what the demo's rule runs. It deploys nothing, and says how.
# What stands in a message arrives as arguments, in whatever characters: they stay in quotes.
set -eu

echo "pulling registry.hal.example/$1:$2"
if [ -e "$(dirname "$0")/registry-is-down" ]; then
	echo "registry.hal.example: connection refused" >&2
	exit 69 # any status but 0 fails; the rule says whether it is tried again
fi
echo "1 of 2 pods is ready"
echo "2 of 2 pods are ready"
echo '{ "summary": "2 of 2 pods are ready" }' >"$PORTLOG_OUTPUT" # what the rule's report takes it from

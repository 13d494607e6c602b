#!/bin/sh
# Empties the cache of a service: clear_cache.sh SERVICE PREFIX, with the token in CACHE_TOKEN.
# Arguments come as they were typed in Port, in whatever characters: keep them in quotes.
set -eu

service=$1
prefix=$2
: "${CACHE_TOKEN:?}"

if [ -z "$prefix" ]; then
	echo "an empty prefix would clear all of $service" >&2
	exit 2 # the run fails; what was printed is in its log
fi

# Yours: curl -sSf -H "Authorization: Bearer $CACHE_TOKEN" …
echo "cleared '$prefix' of $service"

#!/bin/sh
# check_random_signed.sh SCRIPT CHECKER COUNT: COUNT random messages, signed by node, and checked.
# PORTLOG_TEST_SEED repeats a run by the seed it names; PORTLOG_SIGNED_COUNT says how many instead.
if ! command -v node >/dev/null; then
	echo "node is not here: nothing can be signed"
	exit 77
fi
seed=${PORTLOG_TEST_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
count=${PORTLOG_SIGNED_COUNT:-$3}
echo "seed $seed"
node "$1" "$seed" "$count" | "$2" "$count"

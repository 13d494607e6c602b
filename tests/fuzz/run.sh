#!/bin/bash
# run.sh TARGET SEEDS: runs a fuzz target for $PORTLOG_FUZZ_SECONDS (5), beginning with the files in SEEDS,
# which it leaves as they are. What breaks it is printed in Base64, to be put beside the seeds.
# $PORTLOG_FUZZ_CORPUS: a directory to keep what it finds worth trying again, for long runs.
set -u
seconds=${PORTLOG_FUZZ_SECONDS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/portlog-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
found=${PORTLOG_FUZZ_CORPUS:+$PORTLOG_FUZZ_CORPUS/$(basename "$1")}
found=${found:-$work/found}
mkdir -p "$found" "$work/seeds" "$work/broken" || exit 1
[ -d "$2" ] && cp -r "$2/." "$work/seeds"

if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$work/broken/" "$found" "$work/seeds" >"$work/log" 2>&1; then
	tail -n 8 "$work/log"
	exit 0
fi
tail -n 60 "$work/log"
for input in "$work"/broken/*; do
	[ -e "$input" ] && echo "${input##*/}:" && base64 "$input"
done
exit 1

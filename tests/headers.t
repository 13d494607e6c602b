#!/bin/bash
# Each header compiles alone, twice over, and its guard is its path.
# $CC: the compiler; $CFLAGS: where its libraries' headers are; $BUILD: where headers are made.
set -u
made=$(realpath "${BUILD:-build}/src")
cd "${SRCDIR:-.}" || exit 1
read -ra compiler <<<"${CC:-cc} -std=c17 -D_GNU_SOURCE -fsyntax-only -I. -Isrc -I$made -Wall -Wextra -Werror ${CFLAGS:-}"
count=0
status=0

check() { # HEADER NAME: the header's file, and its name in includes
	local guard problem
	guard=PORTLOG_$(tr 'a-z/.' 'A-Z__' <<<"$2")
	count=$((count + 1))
	if ! problem=$(printf '#include "%s"\n' "$2" "$2" | "${compiler[@]}" -x c - 2>&1); then
		:
	elif ! grep -q "^#ifndef $guard\$" "$1" || ! grep -q "^#define $guard\$" "$1"; then
		problem="the guard is not $guard"
	else
		echo "ok $count - $2"
		return
	fi
	echo "not ok $count - $2"
	sed 's/^/# /' <<<"$problem"
	status=1
}

while IFS= read -r header; do
	check "$header" "${header#src/}"
done < <(find src tui -name '*.h' 2>/dev/null | LC_ALL=C sort)
echo "1..$count"
[ "$count" -gt 0 ] || exit 1
exit $status

#!/bin/bash
# No function of ours has the name of a library's: the library's own calls would come to us.
# $BUILD: the build directory, whose static libraries are looked at; $CC, $CFLAGS as in headers.t.
set -u
sources=$(realpath "${SRCDIR:-.}")
made=$(realpath "${BUILD:-build}/src")
cd "$made" || exit 1
count=0
status=0

names() { # of what the files define for others; versions cut off
	nm "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBRW]/ { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u
}

ours=$(names --defined-only --extern-only ./*.a | grep -v '^__')
count=$((count + 1))
if grep -qx buf_add <<<"$ours"; then
	echo "ok $count - ours are found"
else
	echo "not ok $count - ours are found"
	status=1
fi
for library in libc.so.6 libcrypto.so libjansson.so librdkafka.so libsqlite3.so libcurl.so libzstd.so \
	libedit.so libjq.so libncursesw.so.6 libtinfo.so.6; do
	file=$(${CC:-cc} -print-file-name="$library")
	[ -e "$file" ] || continue
	count=$((count + 1))
	common=$(LC_ALL=C comm -12 <(echo "$ours") <(names -D --defined-only "$file"))
	if [ -z "$common" ]; then
		echo "ok $count - $library"
	else
		echo "not ok $count - $library"
		sed 's/^/# both have /' <<<"$common"
		status=1
	fi
done

# What only recording and acting need is not loaded by who reads: src/libraries.
count=$((count + 1))
linked=$(readelf -d "$made/../portlog" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
if grep -q '^libsqlite3' <<<"$linked" && ! grep -qE '^lib(crypto|curl|edit|jq|rdkafka|ssl)' <<<"$linked"; then
	echo "ok $count - portlog is linked to what readers need"
else
	echo "not ok $count - portlog is linked to what readers need"
	sed 's/^/# linked: /' <<<"$linked"
	status=1
fi

# Nor has an enumerator, a type or a macro: a file may include both.
cd "$sources" || exit 1
headers=$(find src -name '*.h' | LC_ALL=C sort | sed 's|^src/\(.*\)|#include "\1"|')
read -ra compiler <<<"${CC:-cc} -std=c17 -D_GNU_SOURCE -fsyntax-only -I. -Isrc -I$made -Wall -Wextra -Werror ${CFLAGS:-}"
for library in jansson.h librdkafka/rdkafka.h sqlite3.h curl/curl.h zstd.h zdict.h openssl/evp.h jq.h \
	histedit.h; do
	echo "#include <$library>" | "${compiler[@]}" -x c - 2>/dev/null || continue
	count=$((count + 1))
	if problem=$(printf '#include <%s>\n%s\n' "$library" "$headers" | "${compiler[@]}" -x c - 2>&1); then
		echo "ok $count - ours and <$library> in one file"
	else
		echo "not ok $count - ours and <$library> in one file"
		sed 's/^/# /' <<<"$problem"
		status=1
	fi
done
echo "1..$count"
exit $status

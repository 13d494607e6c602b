#!/bin/bash
# No function of ours has the name of a library's: the library's own calls would come to us.
# $BUILD: the build directory, whose static libraries are looked at.
set -u
cd "${BUILD:-build}/src" || exit 1
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
echo "1..$count"
exit $status

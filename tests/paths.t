#!/bin/bash
# No file of the project names a place that exists on one machine only, or a package registry: what
# is built and tested here is built and tested anywhere. (Temporary files: ${TMPDIR:-/tmp}, mktemp.)
# Nor does a merge's mark stay behind.
set -u
cd "${SRCDIR:-.}" || exit 1

# Written in pieces, so that this file may be checked, too.
before='(^|[^[:alnum:]_.~}-])'
patterns=(
	"$before/(work|root|home|Users|tmp)"'/[[:alnum:]._-]'
	'shared/(contract|design|conventions|facts'')'
	'(pypi|pythonhosted|npmjs)\.''org|repo[0-9]*\.maven\.|(deb|snapshot)\.debian\.''org'
	'^(<<<<<<''<|>>>>>>''>) '
)

# Without git, or where it does not trust the directory: all but what is built.
files() {
	git ls-files -z --cached --others --exclude-standard 2>/dev/null ||
		find . -type f ! -path './build*' ! -path './.git/*' -print0
}

echo "1..${#patterns[@]}"
status=0
for i in "${!patterns[@]}"; do
	found=$(files | xargs -0 grep -InE -- "${patterns[i]}" 2>/dev/null)
	if [ -n "$found" ]; then
		echo "not ok $((i + 1)) - nobody writes ${patterns[i]}"
		sed 's/^/# /' <<<"$found"
		status=1
	else
		echo "ok $((i + 1)) - nobody writes ${patterns[i]}"
	fi
done
exit $status

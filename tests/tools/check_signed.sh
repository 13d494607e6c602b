#!/bin/sh
# check_signed.sh SCRIPT FILE: node's output of the script is the file.
if ! command -v node >/dev/null; then
	echo "node is not here: what it signs cannot be compared"
	exit 77
fi
node "$1" | diff - "$2"

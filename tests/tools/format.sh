#!/bin/bash
# format.sh: says what clang-format would change. format.sh --fix: changes it.
# A program for people; no test runs it, since versions of clang-format differ in small things.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files -z '*.c' '*.h' | xargs -0 clang-format "${mode[@]}"

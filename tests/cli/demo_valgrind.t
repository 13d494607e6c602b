#!/bin/bash
# The demo, its recorder and every command it shows neither touch what is not theirs nor leak.
. "$SRCDIR/tests/lib.sh"

command -v valgrind >/dev/null || skip_all "valgrind is not here"

# glibc's own: where there are threads, dlopen may lose a library's former list of dependencies when its
# list of what is to be freed is full (_dl_scope_free).
cat >suppressed <<'END'
{
   dependencies
   Memcheck:Leak
   match-leak-kinds: definite
   fun:malloc
   fun:malloc
   fun:_dl_map_object_deps
   ...
   fun:dlopen*
}
END

run valgrind --quiet --suppressions="$PWD/suppressed" --trace-children=yes --leak-check=full --errors-for-leak-kinds=definite,indirect \
	--show-leak-kinds=definite,indirect --error-exitcode=99 --log-file="$LOGS/valgrind.%p" \
	"$PORTLOG" demo --now 2026-11-24T12:00:00Z --messages 200 --dir story
check "it ends well" "$status$err" 0
check "nothing is wrong" "$(cat "$LOGS"/valgrind.*)" ""
ok "more than one process was looked at" test "$(find "$LOGS" -name 'valgrind.*' | wc -l)" -gt 5

done_testing

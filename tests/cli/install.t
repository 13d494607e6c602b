#!/bin/bash
# `meson install` puts everything a user needs where it is looked for: the program, its manual, what shells
# complete with, the systemd unit (which starts the program that was installed), the sample and the examples.
. "$SRCDIR/tests/lib.sh"

build=${TOOLS%/tests/tools}
command -v meson >/dev/null || skip_all 'meson is not here'
ok 'meson install' env DESTDIR="$T/root" meson install -C "$build" --no-rebuild --quiet
prefix=$(find root -path '*/bin/portlog' | sed 's|^root||; s|/bin/portlog$||')
installed() {
	find "root$prefix" -type f -path "$1" | grep -q .
}
for file in '*/man1/portlog.1' '*/man1/portlog-record.1' '*/man5/portlog-config.5' '*/man7/portlog-views.7' \
	'*/bash-completion/completions/portlog' '*/site-functions/_portlog' '*/portlog.fish' \
	'*/doc/portlog/cookbook.md' '*/doc/portlog/config.schema.json' \
	'*/doc/portlog/examples/automations/entity_changes.json'; do
	ok "$file" installed "$file"
done
unit=root$prefix/lib/systemd/system/portlog.service
check 'the unit starts what was installed' "$(grep ^ExecStart= "$unit")" "ExecStart=$prefix/bin/portlog record"
ok 'its placeholders are filled in' ! grep -q '@[a-z]*@' "$unit"
ok 'an example can be run' test -x "$(find root -path '*/examples/shell/clear_cache.sh')"
run portlog --config "$(find root -name config.sample.json)" check --offline
ok 'the sample is a configuration' ! grep -q 'cannot use the configuration' "$LOGS/out" "$LOGS/err"

done_testing

#!/usr/bin/env python3
"""summary.py BROKEN BUILD=testlog.json...: what failed in these runs of `meson test`, and why; what was
skipped; and, last, "N passed, N failed, N skipped". TAP tests are counted one by one. BROKEN counts
what failed before there were tests. Exits with 1 where something failed or, with CI=true, was skipped."""

import json
import os
import re
import sys

RESULT = re.compile(r"^(not )?ok\b(.*)$")
DIRECTIVE = re.compile(r"#\s*(skip|todo)", re.IGNORECASE)
SHOWN = 60  # lines of a failed test without TAP


def tap(lines):
    """Of TAP output: how many passed, the failed ones with their diagnostics, the skipped ones."""
    passed, failed, skipped = 0, [], []
    diagnostics = None
    for line in lines:
        match = RESULT.match(line)
        if not match:
            if diagnostics is not None and line.startswith("#"):
                diagnostics.append("    " + line)
            continue
        diagnostics = None
        directive = DIRECTIVE.search(match.group(2))
        if directive and directive.group(1).lower() == "skip":
            skipped.append(line)
        elif match.group(1) and not directive:
            diagnostics = ["  " + line]
            failed.append(diagnostics)
        else:
            passed += 1
    return passed, failed, skipped


def outcome(test):
    """The same of one test as meson has it."""
    out = (test.get("stdout") or "").splitlines()
    passed, failed, skipped = tap(out)
    result = test["result"]
    if result == "SKIP" and not skipped:
        skipped = [line for line in out if "SKIP" in line] or ["all of it"]
    elif result not in ("OK", "EXPECTEDFAIL", "SKIP") and not failed:
        failed = [["  %s, exit status %s" % (result, test.get("returncode"))]
                  + ["    " + line for line in out[-SHOWN:]]]
    elif result in ("OK", "EXPECTEDFAIL") and not passed and not skipped:
        passed = 1
    if failed:
        errors = (test.get("stderr") or "").splitlines()
        failed[-1] += ["    " + line for line in errors[-SHOWN:]]
    return passed, failed, skipped


def main(broken, logs):
    passed, failed, skipped = 0, broken, 0
    for log in logs:
        build, file = log.split("=", 1)
        with open(file, encoding="utf-8", errors="replace") as lines:
            for test in map(json.loads, lines):
                good, bad, left_out = outcome(test)
                passed, failed, skipped = passed + good, failed + len(bad), skipped + len(left_out)
                name = "%s: %s" % (build, test["name"])
                for text in bad:
                    print("\n".join(["FAILED %s" % name] + text))
                for line in left_out:
                    print("skipped %s: %s" % (name, line))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    strict = os.environ.get("CI") == "true"
    return 1 if failed or not passed or (strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))

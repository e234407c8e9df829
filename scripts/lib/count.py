#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts test results: prints "passed failed skipped" over all files given.

A file that ends in .json is Meson's testlog.json, any other is TAP. Meson's JUnit file is not
used: of a program that crashed it names only the points that passed before. What was planned and
is not told of counts as one failure, as does a file that is absent: silence is no success.
"""
import json
import re
import sys

POINT = re.compile(r"(not )?ok\b[^#]*(#\s*(skip|todo)\b)?", re.IGNORECASE)
PLAN = re.compile(r"1\.\.(\d+)")


def count_points(lines):
    """(passed, failed, skipped, planned) of a TAP stream; planned is None without a plan."""
    passed = failed = skipped = 0
    planned = None
    for line in lines:
        point = POINT.match(line)
        if point and point.group(3):
            skipped += 1
        elif point and point.group(1):
            failed += 1
        elif point:
            passed += 1
        elif PLAN.match(line):
            planned = int(PLAN.match(line).group(1))
    return passed, failed, skipped, planned


def count_test(test):
    """One line of testlog.json: points where there are some, else the program as a whole."""
    passed, failed, skipped, planned = count_points((test.get("stdout") or "").splitlines())
    if planned is None:
        passed = failed = skipped = 0
        if test["result"] in ("OK", "EXPECTEDFAIL"):
            passed = 1
        elif test["result"] == "SKIP":
            skipped = 1
    if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and failed == 0:
        failed = 1
    return passed, failed, skipped


def add(rows):
    return tuple(sum(column) for column in zip((0, 0, 0), *rows))


def count(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            if path.endswith(".json"):
                return add(count_test(json.loads(line)) for line in lines)
            passed, failed, skipped, planned = count_points(lines)
    except (OSError, ValueError):
        return 0, 1, 0
    if planned != passed + failed + skipped:
        failed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*add(count(path) for path in sys.argv[1:]))

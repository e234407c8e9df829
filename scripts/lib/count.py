#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts test results: prints "passed failed skipped" over all files given.

Then, for each point that failed or was skipped, its name and what was said around it: who reads
only the end of a long log finds it there.

A file that ends in .json is Meson's testlog.json, any other is TAP. Meson's JUnit file is not
used: of a program that crashed it names only the points that passed before. What was planned and
is not told of counts as one failure, as does a file that is absent: silence is no success.
"""
import json
import os
import re
import sys

POINT = re.compile(r"(not )?ok\b[^#]*(#\s*(skip|todo)\b)?", re.IGNORECASE)
PLAN = re.compile(r"1\.\.(\d+)")
COMMENTS = 30  # lines shown beside a failed point
LAST_LINES = 20  # shown of a program that ended badly


def comments(lines):
    """The comments that lines begin with, not more than are worth reading."""
    found = []
    for line in lines[:COMMENTS]:
        if not line.startswith("#"):
            break
        found.append(line.rstrip())
    return found


def told(lines, index, where):
    """The failed point at lines[index] with its comments: scripts tell after it, GLib before."""
    around = comments(lines[index + 1 :]) or comments(lines[:index][::-1])[::-1]
    return [f"{where}: {lines[index].rstrip()}"] + around


class Results:
    """Points counted, and the lines that say which did not pass."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lines = []

    def take(self, points):
        self.passed += points.passed
        self.failed += points.failed
        self.skipped += points.skipped
        self.lines += points.lines

    def fail(self, lines):
        self.failed += 1
        self.lines += lines

    def skip(self, line):
        self.skipped += 1
        self.lines.append(line)

    def add_points(self, lines, where):
        """Counts a TAP stream; returns how many points it planned, None without a plan."""
        planned = None
        for index, line in enumerate(lines):
            point = POINT.match(line)
            if point and point.group(3):
                self.skip(f"{where}: {line.rstrip()}")
            elif point and point.group(1):
                self.fail(told(lines, index, where))
            elif point:
                self.passed += 1
            elif PLAN.match(line):
                planned = int(PLAN.match(line).group(1))
        return planned

    def add_program(self, test):
        """Counts a program that says no more than how it ended."""
        if test["result"] in ("OK", "EXPECTEDFAIL"):
            self.passed += 1
        elif test["result"] == "SKIP":
            self.skip(f"{test['name']}: skipped")

    def add_test(self, test):
        """One line of testlog.json: points where there are some, else the program as a whole."""
        lines = (test.get("stdout") or "").splitlines()
        points = Results()
        if points.add_points(lines, test["name"]) is None:
            points = Results()
            points.add_program(test)
        if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            if points.failed == 0:
                points.fail([f"{test['name']}: {test['result']}"] + lines[-LAST_LINES:])
            points.lines += (test.get("stderr") or "").splitlines()[-LAST_LINES:]
        self.take(points)

    def add_file(self, path):
        name = os.path.basename(path)
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.readlines()
            if path.endswith(".json"):
                for line in lines:
                    self.add_test(json.loads(line))
                return
        except (OSError, ValueError) as error:
            self.fail([f"{name}: {error}"])
            return
        points = Results()
        planned = points.add_points(lines, name)
        if planned != points.passed + points.failed + points.skipped:
            points.fail([f"{name}: {planned} planned, not all told of"])
        self.take(points)


if __name__ == "__main__":
    results = Results()
    for argument in sys.argv[1:]:
        results.add_file(argument)
    print(results.passed, results.failed, results.skipped)
    print(*results.lines, sep="\n")

#!/usr/bin/env python3
"""Counts test cases: GoogleTest's one by one, other programs as one each, golden cases one by one.

usage: tests/summary.py MESON_LOGS [--parity REPORT.json [--strict]]...

Prints the failing names, then `N passed, N failed`; exit status 1 where something failed or nothing ran.
After --strict, golden cases whose operation the build lacks count as failed.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Tally:
    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failed = []


def count_meson(logs, tally):
    """Meson's log says how each program ended, JUnit which cases a GoogleTest program reported."""
    suites = []  # (name without the project's, its cases)
    for suite in ElementTree.parse(logs / "testlog.junit.xml").getroot().iter("testsuite"):
        if "." in suite.get("name"):  # "project.program.suite"; "project" alone holds programs without cases
            suites.append((suite.get("name").split(".", 1)[1], list(suite.iter("testcase"))))

    for line in (logs / "testlog.json").read_text().splitlines():
        test = json.loads(line)
        program = test["name"]
        cases = [(name, case) for name, found in suites if name.startswith(program + ".") for case in found]
        failed_before = len(tally.failed)
        for suite, case in cases:
            if case.find("failure") is not None or case.find("error") is not None:
                tally.failed.append(f"{suite}.{case.get('name')}")
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                tally.skipped += 1
            else:
                tally.passed += 1
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
            if len(tally.failed) == failed_before:  # it died before it could report
                tally.failed.append(f"{program} ({test['result'].lower()})")
        elif not cases:
            if test["result"] == "SKIP":
                tally.skipped += 1
            else:
                tally.passed += 1


def count_parity(report, strict, tally):
    for case in json.loads(pathlib.Path(report).read_text())["cases"]:
        name = f"{case['suite']}/{case['case']}"
        if case["status"] == "passed":
            tally.passed += 1
        elif case["status"] == "failed" or strict:
            tally.failed.append(f"{name} ({'; '.join(case['complaints'][:1])})")


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    tally = Tally()
    count_meson(pathlib.Path(arguments[0]), tally)
    rest = arguments[1:]
    while rest:
        if rest[0] != "--parity" or len(rest) < 2:
            print(__doc__, file=sys.stderr)
            return 2
        strict = rest[2:3] == ["--strict"]
        count_parity(rest[1], strict, tally)
        rest = rest[3 if strict else 2:]

    for name in tally.failed:
        print(f"FAILED {name}")
    if tally.skipped:
        print(f"{tally.skipped} skipped")
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

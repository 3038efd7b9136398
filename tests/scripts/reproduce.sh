#!/usr/bin/env bash
# training/reproduce.sh on drawn clips and the bundled model, in the place of the data sets and of CLIP.
# usage: tests/scripts/reproduce.sh BUILD
set -euo pipefail
export VIFI_BUILD=${1:?usage: tests/scripts/reproduce.sh BUILD}
cd "$(dirname "$0")/../.."
unset VIFI_DEFAULT_MODEL
export OMP_NUM_THREADS=1 # small work: threads would wait for each other on a busy machine

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { # expect PATTERN FILE WHAT
  grep -q -e "$1" "$2" || { cat "$2" >&2; fail "$3: no '$1'"; }
}
expect_status() { # expect_status STATUS COMMAND...
  local expected=$1 status=0
  shift
  "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" -eq "$expected" ] || { cat "$work/out" "$work/err" >&2; fail "$*: exit status $status, expected $expected"; }
}
script=$PWD/training/reproduce.sh

echo "rows and help"
"$script" --help | grep -q '^usage: ' || fail "--help shows no usage"
"$script" --list >"$work/list"
expect '^zero-shot-both  *hmdb=51.3 ucf=76.8 k600=71.2$' "$work/list" --list
expect '^few-shot-prompt-ssv2-16 *$' "$work/list" --list
while read -r row _; do # each published figure is of a row
  expect "^$row " "$work/list" "training/published.txt"
done < <(grep '^[a-z]' training/published.txt)
expect_status 2 "$script"
expect_status 2 "$script" zero-shot-bridge
expect_status 2 "$script" zero-shot-both --seeds none
expect_status 2 "$script" base-to-novel-both-ucf --seeds 4
expect_status 2 "$script" zero-shot-both --opts TRAIN.EPOCHS

echo "missing data are named, with their cure"
expect_status 1 "$script" few-shot-bridge-hmdb-2 --data "$work/none" --weights "$work/none.pt" --output "$work/runs"
for what in none/datasets_splits/hmdb_splits/train1_few_shot_2.txt none/datasets_splits/hmdb_splits/val1.txt \
  none/labels/hmdb_51_labels.csv none/hmdb51 none.pt '--checkpoint' 'vifi fetch ViT-B/16' 'serre' '6 missing'; do
  expect "$what" "$work/err" "missing data"
done
[ ! -e "$work/runs" ] || fail "a run was begun without data"
echo "every row trains and tests with a configuration that is there"
for row in zero-shot-image base-to-novel-text-k400 base-to-novel-bridge-ucf few-shot-prompt-ssv2-16 supervised-both supervised-vanilla; do
  expect_status 1 "$script" "$row" --data "$work/none" --weights "$work/none.pt" --dry-run
  expect '^vifi eval' "$work/out" "$row"
  expect "^vifi report --output [^ ]*/report.html $row=" "$work/out" "$row"
  while read -r config; do [ -f "$config" ] || fail "$row: no $config"; done < <(grep -o -- '--config [^ ]*' "$work/out" | cut -d' ' -f2)
done
if [ ! -e "$VIFI_BUILD/training/vifi-train" ]; then
  echo "skipped: the build has no training" >&2
  exit 77
fi

echo "a data set is drawn"
. pipelines/env.sh
data=$work/data splits=$work/data/datasets_splits
mkdir -p "$data/labels" "$splits"/{hmdb,ucf,k600}_splits "$splits/base2novel_splits"
vifi dataset mini "$data/hmdb51" --list temporal --set train --clips 2 >/dev/null
ln -s hmdb51 "$data/ucf101"
ln -s hmdb51 "$data/k600"
labels=$data/labels/hmdb_51_labels.csv
few=$splits/hmdb_splits/train1_few_shot_2.txt
head -n 7 "$data/hmdb51/temporal_labels.csv" >"$labels" # six classes of two clips
cp "$labels" "$data/labels/ucf_101_labels.csv"
awk '$NF < 6' "$data/hmdb51/train.txt" >"$few"
for i in 1 2 3; do # tested on what it is trained on; the splits of K600 have one to three classes
  cp "$few" "$splits/hmdb_splits/val$i.txt"
  cp "$few" "$splits/ucf_splits/val$i.txt"
  awk -F, -v i=$i 'NR == 1 || $1 < i' "$labels" >"$data/labels/ZS_split${i}_K600.csv"
  awk -v i=$i '$NF < i' "$few" >"$splits/k600_splits/ZS_split${i}_K600_eval.txt"
done
base=$splits/base2novel_splits/hmdb_splits
vifi dataset split --train "$few" --val "$few" --labels "$labels" --shots 1 --output "$base" >/dev/null
for part in base novel; do mv "$base/${part}_labels.csv" "$data/labels/hmdb_51_${part}_labels.csv"; done

tiny=(--data "$data" --weights models/mini --other-weights --ranks 2 --output "$work/runs"
  --opts DATA.INPUT_SIZE 64 DATA.NUM_FRAMES 2 TRAIN.EPOCHS 1 TRAIN.WARMUP_EPOCHS 0 TRAIN.BATCH_SIZE 1 TRAIN.ACCUMULATION_STEPS 1)

echo "few-shot: trained, tested, beside the paper's figure"
expect_status 1 "$script" few-shot-both-hmdb-2 --data "$data" --weights models/mini --output "$work/runs"
expect 'another SHA-256' "$work/err" "other weights"
expect_status 0 "$script" few-shot-both-hmdb-2 --seeds 2 "${tiny[@]}"
expect '^hmdb  *2  *12 .* 57.2 ' "$work/out" few-shot
expect '^published: .*CVPR 2023' "$work/out" few-shot
expect "^page: $work/runs/few-shot-both-hmdb-2/report.html$" "$work/out" few-shot
page=$work/runs/few-shot-both-hmdb-2/report.html
for what in '<th>few-shot-both-hmdb-2</th>' '<th class="n">K=2</th>' '2 results' 'href="#training"' 'ckpt_epoch_0.pth' 'id="list-2"'; do
  expect "$what" "$page" "the page"
done
run=$work/runs/few-shot-both-hmdb-2/seed2
[ -s "$run/ckpt_epoch_0.pth" ] || fail "few-shot: no checkpoint"
grep -q '^SEED: 1025' "$run/config.yaml" || fail "few-shot: the second seed is not another"
touch -r "$run/ckpt_epoch_0.pth" "$work/stamp"
expect_status 0 "$script" few-shot-both-hmdb-2 --seeds 2 "${tiny[@]}"
expect 'seed2 is trained already' "$work/err" "a second time"
expect 'hmdb.json is there already' "$work/err" "a second time"
[ ! "$run/ckpt_epoch_0.pth" -nt "$work/stamp" ] || fail "trained again"
expect_status 1 "$script" few-shot-both-hmdb-2 --seeds 2 "${tiny[@]}" TRAIN.LR 1e-3
expect 'was made with other settings' "$work/err" "other settings"

echo "bridge and prompt: base, novel and harmonic mean over seeds"
expect_status 0 "$script" base-to-novel-bridge-hmdb --seeds 2 --checkpoint "$run/ckpt_epoch_0.pth" "${tiny[@]}" \
  TRAINER.ViFi_CLIP.PROMPT_DEPTH_VISION 2 TRAINER.ViFi_CLIP.PROMPT_DEPTH_TEXT 2
expect '<th class="n">HM</th>' "$work/runs/base-to-novel-bridge-hmdb/report.html" "the page"
for line in '^base  *2  *6 .* 77.1 ' '^novel  *2  *6 .* 54.9 ' '^harmonic mean  *2 .* 64.1 '; do expect "$line" "$work/out" bridge; done
grep -q 'fs_base_s2_train.txt' "$work/runs/base-to-novel-bridge-hmdb/seed2/config.yaml" || fail "bridge: seed 2 has not the second draw"

echo "zero-shot: a checkpoint is tested, over splits"
expect_status 0 "$script" zero-shot-both --checkpoint "$run/ckpt_epoch_0.pth" "${tiny[@]}"
page=$work/runs/zero-shot-both/report.html
for list in val1 val3 ZS_split2_K600_eval; do expect "seed1 on $list.txt" "$page" "the page"; done
for line in '^hmdb  *1  *36 .* 51.3 ' '^ucf  *1  *36 .* 76.8 ' '^k600  *1  *12 .* 71.2 '; do expect "$line" "$work/out" zero-shot; done

echo "supervised: twelve views, top-5 too"
mkdir -p "$splits/k400_splits"
ln -s hmdb51 "$data/k400"
cp "$labels" "$data/labels/kinetics_400_labels.csv"
cp "$few" "$splits/k400_splits/train.txt"
cp "$few" "$splits/k400_splits/val.txt"
expect_status 0 "$script" supervised-both --checkpoint "$run/ckpt_epoch_0.pth" "${tiny[@]}"
expect '^k400  *1  *12 .* 83.9 .* 96.3$' "$work/out" supervised

echo "each protocol's configuration is accepted by a training"
for config in zero-shot/text base-to-novel/image few-shot/prompt supervised/both; do
  expect_status 0 vifi train --dry-run --config "training/configs/$config.yaml" --pretrained models/mini --opts DATA.ROOT "$data/hmdb51" \
    DATA.TRAIN_FILE "$few" DATA.VAL_FILE "$few" DATA.LABEL_LIST "$labels" DATA.NUM_CLASSES 6 DATA.INPUT_SIZE 64 DATA.NUM_FRAMES 2 \
    TRAIN.ACCUMULATION_STEPS 1 TRAINER.ViFi_CLIP.PROMPT_DEPTH_VISION 2 TRAINER.ViFi_CLIP.PROMPT_DEPTH_TEXT 2
  expect 'parameters are trained$' "$work/out" "$config"
  expect '^# [0-9.]* GB of memory on ' "$work/out" "$config"
done

echo "vanilla: bare names"
sed 's/,\(.*\)$/,a photo of a \1./; 1s/.*/id,name/' "$labels" >"$work/sentences.csv"
score() { # score REPORT MODE LABELS
  vifi eval --config "training/configs/few-shot/$2.yaml" --pretrained models/mini --report "$1" --opts DATA.ROOT "$data/hmdb51" \
    DATA.VAL_FILE "$few" DATA.LABEL_LIST "$3" DATA.NUM_CLASSES 6 DATA.INPUT_SIZE 64 DATA.NUM_FRAMES 2 >/dev/null 2>&1
}
score "$work/sentence.json" both "$labels"
score "$work/bare.json" vanilla "$labels"
score "$work/written-out.json" vanilla "$work/sentences.csv"
python3 - "$work" <<'PYTHON' || fail "vanilla: not the bare names"
import json, sys

def scores(name):
    return [sample["score"] for sample in json.load(open(f"{sys.argv[1]}/{name}.json"))["lists"][0]["samples"]]

def difference(one, other):
    return max(abs(a - b) for a, b in zip(scores(one), scores(other), strict=True))

sys.exit(not (difference("sentence", "written-out") < 1e-4 and difference("sentence", "bare") > 1e-3))
PYTHON

echo "broken and missing videos"
echo 'no_such_clip.mp4 0' >>"$splits/hmdb_splits/val1.txt"
expect_status 1 "$script" few-shot-vanilla-hmdb "${tiny[@]}"
expect 'no_such_clip.mp4' "$work/err" "a missing video"
expect_status 0 "$script" few-shot-vanilla-hmdb --skip-broken "${tiny[@]}"
expect '^hmdb  *1  *12 ' "$work/out" "a skipped video"
echo "done"

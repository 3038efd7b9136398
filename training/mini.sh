#!/usr/bin/env bash
# Runs the miniature benchmark: draws its data, pretrains a tiny CLIP, trains and tests ViFi-CLIP's rows, writes a page.
# usage: training/mini.sh [OPTIONS] [STEP...]
#
#   STEP              data, clip, zero-shot, base-to-novel, few-shot, broadcasts, report (default: all, in this order).
#                     zero-shot includes supervised: the same trainings are tested on new clips of the phrases trained on
#   --output DIR      gets everything (default: runs/mini)
#   --quick           a few minutes: 16 phrases, few clips and steps, one seed; shows that all works, no more
#   --seeds N         trainings of zero-shot and base-to-novel (default: 3; quick: 1)
#   --clips SET       which test clips are drawn and scored: "test", or another name to try settings on (default: test)
#   --model PATH      start from this CLIP instead of pretraining one
#   --seed N          of pictures, clips and the pretraining (default: 1)
#   --precision P     fp32 or bf16, of matrix products in training (default: fp32)
#   --threads N       threads that compute: the pretraining's, then as many trainings at a time, of one thread each
#                     (default: one for each core; 1 on a machine that does other things too)
#   --lr FACTOR       on every learning rate, pretraining's too: 0 shows what the scores are worth (default: 1)
#   --dry-run         print the commands, and do nothing
# What was done already is not done again, and what was interrupted goes on. docs/mini.md says what the rows mean, how
# long they take, and what was measured. The exit status is 1 where something fails.
# environment: VIFI_BUILD  another build than ./build
# example: training/mini.sh --quick --output /tmp/mini
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
configs=$here/training/configs/mini
all_steps=(data clip zero-shot base-to-novel few-shot broadcasts report)

output=runs/mini quick=false seeds='' set_name=test model='' world_seed=1 precision=fp32 threads=$(nproc) factor=1 dry_run=false steps=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --quick) quick=true ;;
    --dry-run) dry_run=true ;;
    --output | --seeds | --clips | --model | --seed | --precision | --threads | --lr)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in
        --output) output=$2 ;; --seeds) seeds=$2 ;; --clips) set_name=$2 ;; --model) model=$(realpath -m "$2") ;;
        --seed) world_seed=$2 ;; --precision) precision=$2 ;; --threads) threads=$2 ;; --lr) factor=$2 ;;
      esac
      shift
      ;;
    -*) usage_error "$script" "unknown option $1" ;;
    *)
      case " ${all_steps[*]} " in *" $1 "*) steps+=("$1") ;; *) usage_error "$script" "there is no step $1" ;; esac
      ;;
  esac
  shift
done
[ ${#steps[@]} -gt 0 ] || steps=("${all_steps[@]}")
[[ $seeds =~ ^([1-9][0-9]?)?$ ]] || usage_error "$script" "--seeds: expected 1 to 99, got $seeds"
[[ $world_seed =~ ^[0-9]{1,9}$ ]] || usage_error "$script" "--seed: expected a number, got $world_seed"
[[ $threads =~ ^[1-9][0-9]{0,3}$ ]] || usage_error "$script" "--threads: expected a number, got $threads"
[[ $factor =~ ^[0-9]*\.?[0-9]+$ ]] || usage_error "$script" "--lr: expected a factor, got $factor"
[[ $set_name =~ ^[a-z][a-z0-9_-]*$ ]] || usage_error "$script" "--clips: expected a name in small letters, got $set_name"
case $set_name in train | shots) usage_error "$script" "--clips: $set_name are clips to train on" ;; esac
case $precision in fp32 | bf16) ;; *) usage_error "$script" "--precision: expected fp32 or bf16, got $precision" ;; esac

# What is drawn and trained. Lists of phrases: training (zero-shot and supervised), base, novel, never seen.
if $quick; then
  world_lists="demo demo demo demo" shots_of='4' pool=train
  large_modes='both image text' novel_modes='prompt bridge' few_modes='both'
  train_clips=64 test_clips=12 pretraining=(--list demo --steps 400 --batch-size 64 --warmup-steps 50)
  overrides=(DATA.NUM_FRAMES 2 TRAIN.BATCH_SIZE 8 TRAIN.EPOCHS 3) tested_frames=4 seeds=${seeds:-1} broadcasts=1
else
  world_lists="finetune base novel zero_shot" shots_of='2 4 8 16' pool=shots
  large_modes='both image text' novel_modes='text image both prompt bridge' few_modes='text image both prompt bridge'
  train_clips=200 test_clips=24 pretraining=(--list pretraining --steps 5000 --batch-size 128)
  overrides=() tested_frames=16 seeds=${seeds:-3} broadcasts=8
fi
read -r train_phrases base_phrases novel_phrases new_phrases <<<"$world_lists"

output=$(realpath -m "$output")
world=$output/world clip=${model:-$output/clip/model}
$dry_run || mkdir -p "$output"

(cd "$here" && prepare_build "${runtime_targets[@]}" training/vifi-train training/dataset/vifi-dataset)
. "$here/pipelines/env.sh"

export OMP_NUM_THREADS=$threads # no part of the commands: it changes no more than rounding
machine=(--device cpu --workers 1 --cache "$output/cache") # as many at a time as there are cores: a GPU would be shared by all

say() { echo "mini: $*" >&2; }
print() { printf '%q ' "$@"; echo; }
# One thing that is made once: remembered with the command that made it.
once() { # once FILE COMMAND...: what the command prints stands in FILE when it is done
  local file=$1 said
  shift
  said=$(print "$@")
  if $dry_run; then
    echo "$said> $file"
    return
  fi
  mkdir -p "$(dirname "$file")"
  if [ -e "$file.command" ] && [ "$(cat "$file.command")" != "$said" ]; then
    say "$file was made with other settings ($file.command)"
    echo "  hint: name another --output, or remove it" >&2
    exit 1
  fi
  if [ -e "$file" ]; then
    return
  fi
  say "${file#"$output"/}"
  echo "$said" >"$file.command"
  "$@" >"$file.part" 2>"$file.log" || { tail -n 20 "$file.log" >&2; say "failed: $said"; exit 1; }
  mv "$file.part" "$file"
}

# Trainings that do not need each other. A network this small gains little from a second thread: 59 clips a second with
# two threads were measured, and 45 with one.
queue=() lanes=()
later() { queue+=("$(print "$@")"); }
run_queue() { # runs what was queued, as many at a time as there are threads; none begins after one that failed
  local claims lane failed=false begun=("${queue[@]}")
  queue=()
  if $dry_run; then
    for job in "${begun[@]}"; do eval "$job"; done
    return
  fi
  claims=$(mktemp -d)
  export OMP_NUM_THREADS=1
  set -m # each lane is a process group, so that what it runs can be ended with it
  for ((lane = 0; lane < threads; ++lane)); do
    (
      trap '[ $? -eq 0 ] || touch "$claims/failed"' EXIT
      for i in "${!begun[@]}"; do
        [ ! -e "$claims/failed" ] || exit 0
        mkdir "$claims/$i" 2>/dev/null || continue
        eval "${begun[i]}"
      done
    ) &
    lanes+=($!)
  done
  set +m
  trap interrupted INT TERM
  for lane in "${lanes[@]}"; do wait "$lane" || failed=true; done
  trap - INT TERM
  lanes=()
  export OMP_NUM_THREADS=$threads
  rm -r "$claims"
  ! $failed || exit 1
}
interrupted() { # trainings save what they have
  trap - INT TERM
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane" 2>/dev/null || true; done
  wait
  exit 130
}

draw() { # draw LIST SET CLIPS FRAMES
  once "$output/made/$2" vifi dataset mini "$world" --list "$1" --set "$2" --clips "$3" --frames "$4" --seed "$world_seed"
}
classes() { grep -c '^[0-9]' "$1" 2>/dev/null || echo '?'; }

data_step() {
  $dry_run || mkdir -p "$output/lists"
  draw "$train_phrases" train $train_clips 8
  if $quick; then
    draw demo "${set_name}_all" $test_clips 8
    once "$output/made/split" vifi dataset split --train "$world/train.txt" --val "$world/${set_name}_all.txt" \
      --labels "$world/demo_labels.csv" --shots 32 --seeds "$seeds" --output "$output/lists"
  else
    draw "$base_phrases" shots 48 16
    for list in "$base_phrases" "$novel_phrases" "$new_phrases"; do draw "$list" "${set_name}_$list" $test_clips 16; done
    for ((seed = 1; seed <= seeds; ++seed)); do
      once "$output/made/fs_base_s$seed" vifi dataset few-shot "$world/$pool.txt" --shots 16 --seed "$seed" \
        --output "$output/lists/fs_base_s${seed}_train.txt"
    done
  fi
  for shots in $shots_of; do
    once "$output/made/few_shot_$shots" vifi dataset few-shot "$world/$pool.txt" --shots "$shots" --seed 1 \
      --output "$output/lists/train1_few_shot_$shots.txt"
  done
}

# The lists and label files of a protocol.
if $quick; then
  list_of() { case $1 in base | novel) echo "$output/lists/$1_val.txt" ;; new) echo "$output/lists/novel_val.txt" ;; all) echo "$world/${set_name}_all.txt" ;; esac; }
  labels_of() { case $1 in base | novel) echo "$output/lists/$1_labels.csv" ;; new) echo "$output/lists/novel_labels.csv" ;; all | train) echo "$world/demo_labels.csv" ;; esac; }
  few_test=all
else
  list_of() { case $1 in new) echo "$world/${set_name}_zero_shot.txt" ;; *) echo "$world/${set_name}_$1.txt" ;; esac; }
  labels_of() { case $1 in new) echo "$world/zero_shot_labels.csv" ;; train) echo "$world/finetune_labels.csv" ;; *) echo "$world/$1_labels.csv" ;; esac; }
  few_test=base
fi

clip_step() {
  if [ -z "$model" ]; then
    once "$output/made/clip" vifi pretrain --output "$output/clip" "${pretraining[@]}" --seed "$world_seed" \
      --precision "$precision" --lr "$(awk "BEGIN { print 2e-3 * $factor }")"
  fi
}

common_opts=(DATA.ROOT "$world")
rate_of() { # rate_of CONFIG: its learning rate times the factor, through its bases
  local file=$1 rate base
  rate=$(sed -n 's/^ *LR: *//p' "$file")
  base=$(sed -n 's/^BASE: \[\(.*\)\]$/\1/p' "$file")
  if [ -n "$rate" ]; then awk "BEGIN { print $rate * $factor }"; else rate_of "$(dirname "$file")/$base"; fi
}
# Trains, and names the weights of the last epoch.
train() { # train FOLDER CONFIG LIST LABELS SEED [OPTION...]
  local folder=$1 config=$2 list=$3 labels=$4 seed=$5
  shift 5
  once "$folder/trained" vifi train --config "$configs/$config.yaml" --pretrained "$clip" --output "$folder" --resume auto \
    "${machine[@]}" --precision "$precision" "$@" --opts "${common_opts[@]}" DATA.TRAIN_FILE "$list" DATA.LABEL_LIST "$labels" \
    DATA.NUM_CLASSES "$(classes "$labels")" SEED $((1023 + seed)) TRAIN.LR "$(rate_of "$configs/$config.yaml")" "${overrides[@]}"
}
weights_in() { # weights_in FOLDER
  local last
  last=$({ find "$1" -maxdepth 1 -name 'ckpt_epoch_*.pth' 2>/dev/null || true; } | sort -V | tail -n 1)
  echo "${last:-$1/ckpt_epoch_LAST.pth}"
}
score() { # score FILE CONFIG WEIGHTS-OR-'' TEST TRAIN_LIST [EVAL OPTION...]
  local file=$1 config=$2 weights=$3 list labels train_list=$5
  list=$(list_of "$4") labels=$(labels_of "$4")
  shift 5
  once "${file%.json}.txt" vifi eval --config "$configs/$config.yaml" --pretrained "$clip" ${weights:+--weights "$weights"} \
    --list "$list" "$@" --report "$file" "${machine[@]}" --opts "${common_opts[@]}" DATA.TRAIN_FILE "$train_list" DATA.LABEL_LIST "$labels" \
    DATA.NUM_CLASSES "$(classes "$labels")" DATA.NUM_FRAMES $tested_frames
}

large_both=$output/zero-shot/both/seed1 # what bridge and prompt begins with
large_training() { # large_training MODE SEED
  local mode=$1 seed=$2 folder=$output/zero-shot/$1/seed$2
  if $quick; then
    train "$folder" "zero-shot-$mode" "$output/lists/base_train.txt" "$(labels_of base)" "$seed"
  else
    train "$folder" "zero-shot-$mode" "$world/train.txt" "$(labels_of train)" "$seed"
  fi
  score "$folder/$set_name-new.json" "zero-shot-$mode" "$(weights_in "$folder")" new "$world/train.txt"
  [ "$seed" -gt 1 ] || score "$folder/$set_name-base.json" "zero-shot-$mode" "$(weights_in "$folder")" base "$world/train.txt"
}
zero_shot_step() {
  local mode seed
  for mode in $large_modes; do # two seeds at a time: they draw other clips, so what one decodes the other finds decoded
    for ((seed = 1; seed <= seeds; ++seed)); do later large_training "$mode" "$seed"; done
  done
  later score "$output/zero-shot/vanilla/$set_name-new.json" vanilla '' new ''
  later score "$output/zero-shot/vanilla/$set_name-base.json" vanilla '' base ''
  run_queue
}

novel_training() { # novel_training MODE SEED
  local mode=$1 folder=$output/base-to-novel/$1/seed$2 list=$output/lists/fs_base_s$2_train.txt start=()
  [ "$mode" != bridge ] || start=(--weights "$(weights_in "$large_both")")
  train "$folder" "base-to-novel-${mode/bridge/prompt}" "$list" "$(labels_of base)" 1 "${start[@]}"
  novel_score "$folder/$set_name.json" "base-to-novel-${mode/bridge/prompt}" "$(weights_in "$folder")" "$list"
}
novel_score() { # novel_score FILE CONFIG WEIGHTS-OR-'' TRAIN_LIST
  score "$1" "$2" "$3" base "$4" --novel-list "$(list_of novel)" --novel-labels "$(labels_of novel)"
}
base_to_novel_step() {
  local mode seed
  for ((seed = 1; seed <= seeds; ++seed)); do
    for mode in $novel_modes; do later novel_training "$mode" "$seed"; done
  done
  later novel_score "$output/base-to-novel/vanilla/$set_name.json" vanilla '' ''
  run_queue
}

few_training() { # few_training MODE SHOTS
  local mode=$1 folder=$output/few-shot/$1/$2 list=$output/lists/train1_few_shot_$2.txt start=()
  [ "$mode" != bridge ] || start=(--weights "$(weights_in "$large_both")")
  train "$folder" "few-shot-${mode/bridge/prompt}" "$list" "$(labels_of $few_test)" 1 "${start[@]}"
  score "$folder/$set_name.json" "few-shot-${mode/bridge/prompt}" "$(weights_in "$folder")" $few_test "$list"
}
few_shot_step() {
  local mode shots longest_first
  longest_first=$(tr ' ' '\n' <<<"$shots_of" | sort -rn)
  for shots in $longest_first; do
    for mode in $few_modes; do later few_training "$mode" "$shots"; done
  done
  later score "$output/few-shot/vanilla/$set_name.json" vanilla '' $few_test ''
  run_queue
}

# Whole programmes, in sliding windows: the first seed's model of both encoders, as a bundle, and the CLIP it began as.
broadcasts_step() {
  local programmes=$output/programmes scores=$output/broadcasts
  once "$output/made/broadcasts" vifi dataset mini "$programmes" --list demo --clips 1 --broadcasts $broadcasts --seed "$world_seed"
  once "$output/made/model" vifi convert --base "$clip" "$(weights_in "$large_both")" "$output/model"
  score_events "$scores/both.json" "$output/model"
  score_events "$scores/vanilla.json" "$clip"
  $dry_run || for row in vanilla both; do
    sed -n "s/.*\"video\":\"all\".*\"windows\":\([0-9]*\),\"window_accuracy\":\([0-9.]*\).*/broadcasts, $row: \2 of \1 windows right/p" "$scores/$row.json"
  done
}
score_events() { # score_events FILE MODEL
  once "$1" vifi eval --timeline "$output/programmes/broadcasts" --label-file "$output/programmes/demo_labels.csv" --model "$2" --json
}

report_step() {
  local page=(vifi report --errors 2 --output "$output/report.html") mode file shots results=() # of some seventy lists
  for mode in vanilla text image both prompt bridge; do
    for file in "$output/zero-shot/$mode/"{,seed?/}"$set_name"-{new,base}.json; do
      case $file in
        *-new.json) [ ! -e "$file" ] || results+=("$mode:zero-shot=$file") ;;
        *) [ ! -e "$file" ] || results+=("$mode:supervised=$file") ;;
      esac
    done
    for file in "$output/base-to-novel/$mode/"{,seed?/}"$set_name.json"; do
      [ ! -e "$file" ] || results+=("$mode=$file")
    done
    for shots in $shots_of; do
      file=$output/few-shot/$mode/$shots/$set_name.json
      if [ "$mode" = vanilla ] && [ -e "$output/few-shot/vanilla/$set_name.json" ]; then
        mkdir -p "$(dirname "$file")" # a file stands in the table once
        cp "$output/few-shot/vanilla/$set_name.json" "$file"
      fi
      [ ! -e "$file" ] || results+=("$mode:K=$shots=$file")
    done
  done
  page+=("${results[@]}")
  if $dry_run; then
    print "${page[@]}"
    return
  fi
  [ ${#results[@]} -gt 0 ] || { say "nothing to report yet in $output"; exit 1; }
  "${page[@]}" >/dev/null
  "${page[@]}" --json >"$output/table.json.part" && mv "$output/table.json.part" "$output/table.json"
  echo "table: $output/table.json"
  echo "page: $output/report.html"
}

# What steps took, together with earlier calls that were interrupted.
took() { # took STEP SECONDS
  $dry_run || printf '%s\t%s\n' "$2" "$1" >>"$output/seconds.tsv"
}
show_times() {
  awk -F'\t' '!($2 in by) { order[++n] = $2 } { s += $1; by[$2] += $1 }
    END { for (i = 1; i <= n; ++i) printf "%-14s %7.1f min\n", order[i], by[order[i]] / 60; printf "%-14s %7.1f min\n", "all", s / 60 }' \
    "$output/seconds.tsv" | tee "$output/times.txt"
}

step='' begin=$SECONDS
trap '[ -z "$step" ] || took "$step" $((SECONDS - begin))' EXIT
for step in "${steps[@]}"; do
  begin=$SECONDS
  case $step in
    data) data_step ;;
    clip) clip_step ;;
    zero-shot) zero_shot_step ;;
    base-to-novel) base_to_novel_step ;;
    few-shot) few_shot_step ;;
    broadcasts) broadcasts_step ;;
    report) report_step ;;
  esac
  took "$step" $((SECONDS - begin))
done
step=''
$dry_run || show_times

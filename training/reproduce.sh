#!/usr/bin/env bash
# Runs one row of ViFi-CLIP's tables: trains, tests, prints the result beside the published figure, and writes a page.
# usage: training/reproduce.sh ROW [OPTIONS] [--opts KEY VALUE...]
#        training/reproduce.sh --list
#
#   ROW               PROTOCOL-MODE[-DATA[-SHOTS]], as --list names it
#   --data DIR        data sets, annotation lists and label files (default: data); docs/reproduce.md says what goes where
#   --weights FILE    OpenAI's ViT-B-16.pt, or its folder (default: what `vifi fetch ViT-B/16` fetched)
#   --other-weights   take --weights whatever their checksum is
#   --checkpoint FILE weights of ViFi-CLIP trained on Kinetics-400, the authors' or your own: a row of bridge begins with
#                     them, any other row tests them instead of training
#   --output DIR      gets one folder for each row (default: runs)
#   --seeds N         so many trainings (default: 3 where the lists have three draws, base-to-novel; else 1)
#   --ranks N         logical devices, one after another (default: 8, as in the paper)
#   --decode          also decode every video before anything else, instead of looking for the files alone
#   --skip-broken     leave out videos that cannot be read, which are named and counted; else they end the run
#   --dry-run         check what is there, print the commands, and do nothing
#   --list            the rows with the published figures
#   --opts KEY VALUE  over the row's configuration, to the end of the line
# What was done already is not done again, and an interrupted training goes on. The exit status is 1 where something is
# missing or fails. Training runs on the processor: docs/reproduce.md says what that means.
# environment: VIFI_BUILD  another build than ./build
# example: training/reproduce.sh few-shot-both-hmdb-2 --data /data --output runs
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
checksum=5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f
published_file=$here/training/published.txt
repository=https://github.com/muzairkhattak/ViFi-CLIP

published_of() { # published_of ROW: RESULT=TOP1[/TOP5] …
  sed -n "s/^$1 //p" "$published_file"
}

all_rows() {
  local protocol mode data shots
  for mode in vanilla image text both; do echo "zero-shot-$mode"; done
  for data in k400 hmdb ucf ssv2; do
    for mode in vanilla image text both prompt bridge; do
      [ "$mode-$data" = bridge-k400 ] || echo "base-to-novel-$mode-$data" # it would see its novel classes
    done
  done
  for data in hmdb ucf ssv2; do
    echo "few-shot-vanilla-$data"
    for mode in image text both prompt bridge; do
      for shots in 2 4 8 16; do echo "few-shot-$mode-$data-$shots"; done
    done
  done
  for mode in vanilla image text both; do echo "supervised-$mode"; done
}

list_rows() {
  local row
  echo "row                          published, percent"
  while read -r row; do
    printf '%-27s  %s\n' "$row" "$(published_of "$row")"
  done < <(all_rows)
  echo
  sed -n '2,3s/^# //p' "$published_file"
}

row='' data=data weights='' other_weights=false checkpoint='' output=runs seeds='' ranks=8 dry_run=false opts=()
depth=(--files-only) broken=fail
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --list) list_rows; exit 0 ;;
    --dry-run) dry_run=true ;;
    --decode) depth=() ;;
    --skip-broken) broken=skip ;;
    --other-weights) other_weights=true ;;
    --data | --weights | --checkpoint | --output | --seeds | --ranks)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in
        --data) data=$2 ;; --weights) weights=$2 ;; --checkpoint) checkpoint=$2 ;; --output) output=$2 ;;
        --seeds) seeds=$2 ;; --ranks) ranks=$2 ;;
      esac
      shift
      ;;
    --opts) shift; opts=("$@"); break ;;
    --*) usage_error "$script" "unknown option $1" ;;
    *)
      [ -z "$row" ] || usage_error "$script" "one ROW at a time, got $row and $1"
      row=$1
      ;;
  esac
  shift
done
[ -n "$row" ] || usage_error "$script" "no ROW"
all_rows | grep -xF -e "$row" >/dev/null || usage_error "$script" "there is no row $row ($script --list prints them)"
[ $((${#opts[@]} % 2)) -eq 0 ] || usage_error "$script" "--opts: expected KEY VALUE pairs, got ${#opts[@]} words"
[[ $seeds =~ ^([1-9][0-9]?)?$ ]] || usage_error "$script" "--seeds: expected 1 to 99, got $seeds"
[[ $ranks =~ ^[1-9][0-9]{0,3}$ ]] || usage_error "$script" "--ranks: expected 1 to 9999, got $ranks"
data=$(realpath -m "$data") output=$(realpath -m "$output")/$row
[ -z "$checkpoint" ] || checkpoint=$(realpath -m "$checkpoint")

# The row's parts.
case $row in
  base-to-novel-*) protocol=base-to-novel rest=${row#base-to-novel-} ;;
  few-shot-*) protocol=few-shot rest=${row#few-shot-} ;;
  zero-shot-*) protocol=zero-shot rest=${row#zero-shot-}-k400 ;;
  *) protocol=supervised rest=${row#supervised-}-k400 ;;
esac
IFS=- read -r mode set shots <<<"$rest"
case $mode in
  bridge) config=$here/training/configs/$protocol/prompt.yaml ;;
  *) config=$here/training/configs/$protocol/$mode.yaml ;;
esac
if [ $protocol != base-to-novel ]; then
  seeds=${seeds:-1}
elif [ "${seeds:=3}" -gt 3 ]; then
  usage_error "$script" "--seeds: the lists have three draws of base-to-novel, got $seeds"
fi

# Where things lie below --data. Videos may also be one uncompressed tar archive of the folder's name.
root_of() { # root_of SET
  local name
  case $1 in hmdb) name=hmdb51 ;; ucf) name=ucf101 ;; *) name=$1 ;; esac
  if [ ! -d "$data/$name" ] && [ -f "$data/$name.tar" ]; then
    echo "$data/$name.tar"
  else
    echo "$data/$name"
  fi
}
label_file() { # label_file SET [base|novel]
  local part=${2:+_$2}
  case $1 in
    k400) echo "$data/labels/kinetics_400${part}_labels.csv" ;;
    hmdb) echo "$data/labels/hmdb_51${part}_labels.csv" ;;
    ucf) echo "$data/labels/ucf_101${part}_labels.csv" ;;
    ssv2) echo "$data/labels/ssv2${part:+_174$part}_labels.csv" ;;
  esac
}
list_file() { # list_file SET NAME
  echo "$data/datasets_splits/$1_splits/$2"
}
download_hint() { # download_hint SET
  case $1 in
    hmdb) echo "HMDB-51: https://serre.lab.brown.edu/hmdb51.html; all .avi files into one folder" ;;
    ucf) echo "UCF-101: https://www.crcv.ucf.edu/data/UCF101.php; all .avi files into one folder" ;;
    ssv2) echo "Something-Something v2: https://developer.qualcomm.com/software/ai-datasets/something-something; all .webm files into one folder" ;;
    k400) echo "Kinetics-400: https://github.com/cvdfoundation/kinetics-dataset; its .mp4 files into train/ and val/ there" ;;
    k600) echo "Kinetics-600: https://github.com/cvdfoundation/kinetics-dataset; its .mp4 files into train/, val/ and test/ there" ;;
  esac
}

# What the row trains on and tests on. A test: NAME|SET|LISTS (blank-separated)|LABEL FILES.
train_lists=() tests=()
case $protocol in
  zero-shot)
    train_lists=("$(list_file k400 train.txt)") train_val=$(list_file k400 val.txt) train_labels=$(label_file k400)
    tests=(hmdb ucf k600)
    ;;
  base-to-novel)
    for ((i = 1; i <= seeds; ++i)); do train_lists+=("$(list_file "base2novel_splits/$set" "fs_base_s${i}_train.txt")"); done
    train_val=$(list_file "base2novel_splits/$set" base_val.txt) train_labels=$(label_file "$set" base)
    tests=("$set")
    ;;
  few-shot)
    train_lists=("$(list_file "$set" "train1_few_shot_$shots.txt")") train_labels=$(label_file "$set")
    if [ "$set" = ssv2 ]; then train_val=$(list_file ssv2 validation.txt); else train_val=$(list_file "$set" val1.txt); fi
    tests=("$set")
    ;;
  supervised)
    train_lists=("$(list_file k400 train.txt)") train_val=$(list_file k400 val.txt) train_labels=$(label_file k400)
    tests=(k400)
    ;;
esac
trains=true
if [ "$mode" = vanilla ] || { [ -n "$checkpoint" ] && [ "$mode" != bridge ]; }; then
  trains=false seeds=1
fi
# Sets `lists` and `labels` to a test's files, in the same order.
test_files() { # test_files SET
  local i
  lists=() labels=()
  case $protocol-$1 in
    zero-shot-k600)
      for i in 1 2 3; do
        lists+=("$(list_file k600 "ZS_split${i}_K600_eval.txt")") labels+=("$data/labels/ZS_split${i}_K600.csv")
      done
      ;;
    zero-shot-*) for i in 1 2 3; do lists+=("$(list_file "$1" "val$i.txt")") labels+=("$(label_file "$1")"); done ;;
    base-to-novel-*)
      lists=("$train_val" "$(list_file "base2novel_splits/$1" novel_val.txt)") labels=("$train_labels" "$(label_file "$1" novel)")
      ;;
    *) lists=("$train_val") labels=("$train_labels") ;;
  esac
}

# First of all: is all there?
missing=0
lacks() { # lacks WHAT CURE
  echo "reproduce: missing: $1" >&2
  echo "  hint: $2" >&2
  missing=$((missing + 1))
}
checked=()
check_set() { # check_set SET LIST LABELS
  local list=$2 label=$3 root file report
  for file in "$list" "$label"; do
    case " ${checked[*]} " in *" $file "*) continue ;; esac
    checked+=("$file")
    [ -f "$file" ] || lacks "$file" "clone $repository and copy its folders labels/ and datasets_splits/ to $data"
  done
  root=$(root_of "$1")
  if [ ! -e "$root" ]; then
    case " ${checked[*]} " in *" $root "*) return ;; esac
    checked+=("$root")
    lacks "$root (videos)" "$(download_hint "$1")"
  elif [ -f "$list" ] && [ -f "$label" ] && $have_vifi; then
    case " ${checked[*]} " in *" $root:$list "*) return ;; esac
    checked+=("$root:$list")
    echo "reproduce: checking $list" >&2
    if ! report=$(vifi dataset check "$list" --root "$root" --labels "$label" "${depth[@]}"); then
      head -n 5 <<<"$report" | sed 's/^/  /' >&2
      [ $broken = skip ] || lacks "$list: $(tail -n 1 <<<"$report")" \
        "complete $root, or leave those videos out with --skip-broken; $(download_hint "$1")"
    fi
  fi
}

(cd "$here" && prepare_build "${runtime_targets[@]}" training/vifi-train training/dataset/vifi-dataset)
. "$here/pipelines/env.sh"
have_vifi=true
for program in vifi vifi-train vifi-dataset; do
  if ! command -v "$program" >/dev/null; then
    have_vifi=false
    lacks "the program $program" "./setup.sh && meson setup build -Dtorch=… && ninja -C build (CONTRIBUTING.md)"
  fi
done
if $trains; then
  for list in "${train_lists[@]}"; do check_set "$set" "$list" "$train_labels"; done
  check_set "$set" "$train_val" "$train_labels"
fi
for test in "${tests[@]}"; do
  test_files "$test"
  for i in "${!lists[@]}"; do check_set "$test" "${lists[i]}" "${labels[i]}"; done
done
weights=$(realpath -m "${weights:-${XDG_CACHE_HOME:-$HOME/.cache}/vifi/models/ViT-B-16}")
file=$weights
[ ! -f "$weights/ViT-B-16.pt" ] || file=$weights/ViT-B-16.pt
if [ ! -e "$weights" ]; then
  lacks "$weights (CLIP's ViT-B/16)" "vifi fetch ViT-B/16, or --weights FILE; SHA-256 $checksum"
elif ! $other_weights && { [ ! -f "$file" ] || [ "$(sha256sum <"$file" | cut -d' ' -f1)" != $checksum ]; }; then
  lacks "OpenAI's ViT-B-16.pt: $file has another SHA-256 than $checksum" \
    "vifi fetch ViT-B/16, or take this file nevertheless with --other-weights"
fi
if [ -n "$checkpoint" ] && [ ! -f "$checkpoint" ]; then
  lacks "$checkpoint" "name a checkpoint of ViFi-CLIP: the authors' are linked in $repository#model-zoo"
elif [ -n "$checkpoint" ]; then
  echo "reproduce: $checkpoint has the SHA-256 $(sha256sum <"$checkpoint" | cut -d' ' -f1)" >&2
elif [ "$mode" = bridge ]; then
  lacks "--checkpoint: what the prompts are learned on" \
    "ViFi-CLIP trained on Kinetics-400: the zero-shot ViFi-CLIP of $repository#model-zoo, or what $script zero-shot-both trained"
fi
if [ $missing -gt 0 ]; then
  echo "reproduce: $row: $missing missing, nothing was run (docs/reproduce.md)" >&2
  $dry_run || exit 1
fi

run() { # run OUTPUT COMMAND...: its standard output to a file; the command alone in a dry run
  local target=$1
  shift
  if $dry_run; then
    printf '%q ' "$@"
    printf '> %q\n' "$target"
  else
    "$@" >"$target.part" && mv "$target.part" "$target"
  fi
}
classes() { # classes LABEL_FILE
  if [ -f "$1" ]; then grep -c '^[0-9]' "$1" || true; else echo '?'; fi
}
data_opts() { # data_opts SET LABELS: sets `set_opts`
  set_opts=(DATA.ROOT "$(root_of "$1")" DATA.DATASET "$1" DATA.LABEL_LIST "$2" DATA.NUM_CLASSES "$(classes "$2")")
}

$dry_run || mkdir -p "$output"
common=(--config "$config" --pretrained "$weights" --on-broken "$broken")
results=()
for ((seed = 1; seed <= seeds; ++seed)); do
  folder=$output/seed$seed tested=$checkpoint
  $dry_run || mkdir -p "$folder"
  # Training. The reference draws base-to-novel's clips anew for each seed and keeps the seed of all else.
  if $trains; then
    data_opts "$set" "$train_labels"
    list=${train_lists[0]} number=$((1024 + seed - 1))
    if [ $protocol = base-to-novel ]; then list=${train_lists[seed - 1]} number=1024; fi
    command=(vifi train "${common[@]}" --virtual-ranks "$ranks" --output "$folder" --resume auto)
    [ "$mode" != bridge ] || command+=(--weights "$checkpoint")
    command+=(--opts "${set_opts[@]}" DATA.TRAIN_FILE "$list" DATA.VAL_FILE "$train_val" SEED "$number" "${opts[@]}")
    said=$(printf '%q ' "${command[@]}")
    if [ -e "$folder/command" ] && [ "$(cat "$folder/command")" != "$said" ]; then
      echo "reproduce: $folder was made with other settings ($folder/command)" >&2
      echo "  hint: name another --output, or remove it" >&2
      $dry_run || exit 1
    fi
    if [ -e "$folder/trained" ]; then
      echo "reproduce: $folder is trained already" >&2
    else
      $dry_run || echo "$said" >"$folder/command"
      run "$folder/trained" "${command[@]}"
    fi
    # The last epoch's weights: to choose an epoch by the test's own clips would flatter.
    tested=$({ find "$folder" -maxdepth 1 -name 'ckpt_epoch_*.pth' 2>/dev/null || true; } | sort -V | tail -n 1)
    tested=${tested:-$folder/ckpt_epoch_LAST.pth}
  fi
  for test in "${tests[@]}"; do
    test_files "$test"
    data_opts "$test" "${labels[0]}"
    command=(vifi eval "${common[@]}" --report "$folder/$test.json")
    [ -z "$tested" ] || command+=(--weights "$tested")
    if [ $protocol = base-to-novel ]; then
      command+=(--list "${lists[0]}" --novel-list "${lists[1]}" --novel-labels "${labels[1]}")
    else
      for i in "${!lists[@]}"; do command+=(--list "${lists[i]}" --labels "${labels[i]}"); done
    fi
    command+=(--opts "${set_opts[@]}")
    [ $protocol != supervised ] || command+=(TEST.MULTI_VIEW_INFERENCE True TEST.NUM_CLIP 4 TEST.NUM_CROP 3)
    command+=("${opts[@]}")
    [ ! -e "$folder/$test.json" ] || [ "$folder/$test.json" -nt "${tested:-$weights}" ] || rm -f "$folder/$test.json"
    if [ -e "$folder/$test.json" ]; then
      echo "reproduce: $folder/$test.json is there already" >&2
    else
      run "$folder/$test.txt" "${command[@]}"
    fi
    name=$test=
    [ $protocol != base-to-novel ] || name=''
    results+=("$name$folder/$test.json")
  done
done

figures=(vifi scores "${results[@]}")
for figure in $(published_of "$row"); do figures+=(--published "${figure//_/ }"); done
run "$output/result.txt" "${figures[@]}"
page=(vifi report --output "$output/report.html")
for ((seed = 1; seed <= seeds; ++seed)); do page+=("$row=$output/seed$seed"); done
if $dry_run; then
  printf '%q ' "${page[@]}"
  echo
else
  echo "$row"
  cat "$output/result.txt"
  [ -z "$(published_of "$row")" ] || sed -n '2,3s/^# /published: /p' "$published_file" | sed '2s/^published: /           /'
  "${page[@]}" >/dev/null
  echo "page: $output/report.html"
fi
[ $missing -eq 0 ]

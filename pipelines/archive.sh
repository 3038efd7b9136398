#!/usr/bin/env bash
# Names the actions in a folder of videos: a file of JSON lines (docs/json.md) for each.
# usage: pipelines/archive.sh [OPTIONS] VIDEOS OUTPUT
#
#   VIDEOS            a folder; videos in folders below it count too
#   OUTPUT            gets PATH.jsonl for each VIDEOS/PATH
#   --labels LABELS   names separated by ';', or a file with one name a line (default: the model's own)
#   --jobs N          processes at a time (default: 1; each uses all cores, so more helps where decoding dominates)
#   --shard I/N       only every Nth video, from the Ith on (1-based); in a Slurm array that is the default
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# What has a result already is left out, so an interrupted run goes on where it was. The exit status is 1 where a video
# could not be read; OUTPUT/PATH.error tells why, and the next run tries it again.
# example: pipelines/archive.sh --labels actions.txt /media/archive results
#          sbatch --array=1-16 --wrap 'pipelines/archive.sh /media/archive results'
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
names='' jobs=1 ends=()
shard=1 shards=1
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  shard=$((SLURM_ARRAY_TASK_ID - ${SLURM_ARRAY_TASK_MIN:-1} + 1)) shards=${SLURM_ARRAY_TASK_COUNT:?}
fi
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --labels | --jobs | --shard)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in --labels) names=$2 ;; --jobs) jobs=$2 ;; --shard) shard=${2%/*} shards=${2#*/} ;; esac
      shift
      ;;
    --*) usage_error "$script" "unknown option $1" ;;
    *) ends+=("$1") ;;
  esac
  shift
done
[ ${#ends[@]} -eq 2 ] || usage_error "$script" "one folder of VIDEOS and one OUTPUT are needed"
[ -d "${ends[0]}" ] || { echo "${ends[0]}: no such folder" >&2; exit 1; }
[ "$shard" -ge 1 ] 2>/dev/null && [ "$shard" -le "$shards" ] || usage_error "$script" "--shard: expected I/N with 1 <= I <= N, got $shard/$shards"
VIDEOS=$(realpath "${ends[0]}")
mkdir -p "${ends[1]}"
OUTPUT=$(realpath "${ends[1]}")
LABELS=()
if [ -f "$names" ]; then
  LABELS=(--label-file "$(realpath "$names")")
elif [ -n "$names" ]; then
  LABELS=(--labels "$names")
fi
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

export VIDEOS OUTPUT
# One video: its result appears whole or not at all.
classify_one() { # classify_one PATH [OPTIONS...]
  local path=$1 target=$OUTPUT/$1
  shift
  mkdir -p "$(dirname "$target")"
  if (cd "$VIDEOS" && vifi classify --json "$@" -- "$path") >"$target.$$.part" 2>"$target.$$.log"; then
    mv "$target.$$.part" "$target.jsonl"
    rm -f "$target.$$.log" "$target.error"
    echo "archive: $path: $(wc -l <"$target.jsonl") lines"
  else
    rm -f "$target.$$.part"
    mv "$target.$$.log" "$target.error"
    echo "archive: $path: $(head -n 1 "$target.error")"
    return 1
  fi
}
export -f classify_one

todo=$(mktemp)
trap 'rm -f "$todo"' EXIT
n=0 there=0
while IFS= read -r -d '' path; do
  n=$((n + 1))
  [ $(((n - 1) % shards + 1)) -eq "$shard" ] || continue
  if [ -e "$OUTPUT/$path.jsonl" ]; then
    there=$((there + 1))
  else
    printf '%s\0' "$path" >>"$todo"
  fi
done < <(cd "$VIDEOS" && find . -type f \( -iname '*.mp4' -o -iname '*.mkv' -o -iname '*.webm' -o -iname '*.mov' -o -iname '*.avi' \
  -o -iname '*.ts' -o -iname '*.m2ts' -o -iname '*.mpg' -o -iname '*.mpeg' -o -iname '*.mxf' -o -iname '*.m4v' -o -iname '*.ogv' \
  -o -iname '*.flv' -o -iname '*.wmv' \) -printf '%P\0' | sort -z)
status=0
xargs -0 -r -P "$jobs" -n 1 bash -c 'classify_one "${@: -1}" "${@:1:$#-1}"' archive "${LABELS[@]}" <"$todo" >&2 || status=1
failed=$(find "$OUTPUT" -name '*.error' | wc -l)
echo "archive: $there of $n were there already, $(tr -cd '\0' <"$todo" | wc -c) were tried, $failed cannot be read" >&2
exit $status

#!/usr/bin/env bash
# Measures how well a model names the actions of videos whose actions are known: top-1, top-5, per class, confusions.
# usage: pipelines/evaluate.sh [OPTIONS] FOLDER
#
#   FOLDER            one folder for each class, named as the class ('_' may stand for a space), with its videos
#   --model MODEL     bundle or checkpoint (default: the bundled model, which knows drawn people only)
#   --prompt TEXT     sentence with {} for the class (default: the model's own)
#   --page FILE       also write an HTML page
#   --json FILE       also write the figures as JSON
# Each video counts once, by the reference's test rule (`vifi classify --protocol video`). The table goes to stdout.
# The exit status is 1 where a video could not be read; the others still count.
# example: pipelines/evaluate.sh --model ViT-B-16.pt --page result.html hmdb51/test
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
folder='' options=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --model | --prompt | --page | --json)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      options+=("$1" "$2")
      shift
      ;;
    --*) usage_error "$script" "unknown option $1" ;;
    *) folder=$1 ;;
  esac
  shift
done
[ -n "$folder" ] || usage_error "$script" "no FOLDER"
[ -d "$folder" ] || { echo "$folder: no such folder" >&2; exit 1; }
(cd "$here" && prepare_build "${runtime_targets[@]}")
. "$here/pipelines/env.sh"
exec python3 "$here/pipelines/evaluate.py" "${options[@]}" "$folder"

#!/usr/bin/env bash
# Names the actions in a video of yours: a line for each window, with the best label.
# usage: pipelines/file.sh VIDEO [LABELS]
#
#   VIDEO   a file or a URI
#   LABELS  names separated by ';' (default: the model's own), or a file with one name a line
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# example: pipelines/file.sh match.mp4 'playing a drum;running to the right;doing push-ups'
set -euo pipefail
help() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"; }
[ "${1:-}" != --help ] && [ "${1:-}" != -h ] || { help; exit 0; }
[ $# -ge 1 ] && [ $# -le 2 ] || { help >&2; exit 2; }
case $1 in
  *://*) uri=$1 ;;
  *)
    [ -f "$1" ] || { echo "$1: no such file" >&2; exit 1; }
    uri=$(python3 -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().as_uri())' "$1")
    ;;
esac
labels=()
if [ $# -eq 2 ]; then
  if [ -f "$2" ]; then
    labels=(label-file="$(realpath "$2")")
  else
    labels=(labels="$2")
  fi
fi
cd "$(dirname "$0")/.."
. pipelines/lib.sh

prepare_build "${runtime_targets[@]}"
. pipelines/env.sh
recognise uridecodebin uri="$uri" ! vificlip "${labels[@]}" ! fakesink sync=false

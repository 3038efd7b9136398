#!/usr/bin/env bash
# Names the actions of many streams at once: one model, whose passes take frames of several streams together.
# usage: pipelines/many-cameras.sh [OPTIONS] URI...
#
#   URI               rtsp://, files, or anything uridecodebin takes; test:// is a generated live picture
#   --labels LABELS   names separated by ';', or a file with one name a line (default: the model's own)
#   --wait MS         longest wait of a frame for others to share a pass with (default: 20)
#   --frames N        stop each test:// after N frames (default: never)
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# Lines begin with the stream's number: cam1 is the first URI.
# example: pipelines/many-cameras.sh --labels actions.txt rtsp://10.0.0.11/live rtsp://10.0.0.12/live
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
names='' wait_ms=20 frames=-1 uris=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --labels | --wait | --frames)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in --labels) names=$2 ;; --wait) wait_ms=$2 ;; --frames) frames=$2 ;; esac
      shift
      ;;
    --*) usage_error "$script" "unknown option $1" ;;
    test://*) uris+=("$1") ;;
    *) uris+=("$(uri_of "$1")") || exit 1 ;;
  esac
  shift
done
[ ${#uris[@]} -gt 0 ] || usage_error "$script" "no stream"
label_arguments "$names"
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

pipeline=()
for i in "${!uris[@]}"; do
  case ${uris[i]} in
    test://*) pipeline+=(videotestsrc is-live=true pattern=ball num-buffers="$frames" ! "video/x-raw,width=320,height=180,framerate=30/1") ;;
    *) pipeline+=(uridecodebin uri="${uris[i]}") ;;
  esac
  # The same settings: the same model.
  pipeline+=(! queue ! vificlip name="cam$((i + 1))" batch-size="${#uris[@]}" batch-timeout="${wait_ms}000000" "${labels[@]}"
    ! fakesink sync=false)
done
gst-launch-1.0 -m "${pipeline[@]}" | LC_ALL=C awk -v streams=1 -f pipelines/results.awk

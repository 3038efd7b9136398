#!/usr/bin/env bash
# Names the actions in a network camera's stream, and connects again whenever it is lost.
# usage: pipelines/rtsp.sh [OPTIONS] rtsp://ADDRESS
#
#   --labels LABELS    names separated by ';', or a file with one name a line (default: the model's own)
#   --tcp              over TCP from the start (default: UDP first)
#   --latency MS       of the jitter buffer (default: 200)
#   --connections N    give up after N connections (default: never)
#   --wait S           longest pause before connecting again (default: 10; the first is a tenth of it, each next doubles)
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# A line for each result; what happens to the connection goes to stderr. The exit status is 0 where a connection
# brought a result.
# example: pipelines/rtsp.sh --tcp --labels 'a person falls;a person walks' rtsp://192.168.1.20/stream1
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
names='' protocols=() latency=200 connections=0 longest=10 uri=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --tcp) protocols=(protocols=tcp) ;;
    --labels | --latency | --connections | --wait)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in --labels) names=$2 ;; --latency) latency=$2 ;; --connections) connections=$2 ;; --wait) longest=$2 ;; esac
      shift
      ;;
    rtsp*://*) uri=$1 ;;
    *) usage_error "$script" "unknown option $1" ;;
  esac
  shift
done
[ -n "$uri" ] || usage_error "$script" "no address"
label_arguments "$names"
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

connect() {
  recognise rtspsrc location="$uri" latency="$latency" "${protocols[@]}" ! application/x-rtp,media=video ! decodebin \
    ! vificlip "${labels[@]}" ! fakesink sync=false
}
seen=0 count=0
pause=$(awk "BEGIN { print $longest / 10 }")
trap 'exit 130' INT TERM
while :; do
  count=$((count + 1))
  echo "rtsp: connecting to $uri" >&2
  # A connection that brought results starts the pauses anew.
  lines=0
  while IFS= read -r line; do
    echo "$line"
    lines=$((lines + 1))
  done < <(connect || echo "rtsp: the connection ended with an error" >&2)
  if [ "$lines" -gt 0 ]; then
    seen=$((seen + lines))
    pause=$(awk "BEGIN { print $longest / 10 }")
  fi
  [ "$connections" -eq 0 ] || [ "$count" -lt "$connections" ] || break
  echo "rtsp: the stream is lost after $lines results; connecting again in $pause s" >&2
  sleep "$pause"
  pause=$(awk "BEGIN { p = 2 * $pause; print p < $longest ? p : $longest }")
done
[ "$seen" -gt 0 ]

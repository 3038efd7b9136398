#!/usr/bin/env bash
# Names the actions in front of a camera: a line for each result, and a window with the picture and its labels.
# usage: pipelines/camera.sh [OPTIONS]
#
#   --device DEVICE   the camera (default: /dev/video0)
#   --test            a generated picture in place of a camera
#   --labels LABELS   names separated by ';', or a file with one name a line (default: the model's own)
#   --headless        no window (so too where there is no display)
#   --frames N        stop after N frames (default: never; Ctrl-C)
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# No frame waits for the model: where it is too slow, frames are shown and not looked at.
# example: pipelines/camera.sh --labels 'waving;clapping;drinking;standing still'
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
device=/dev/video0 test=false headless=false names='' frames=-1
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --test) test=true ;;
    --headless) headless=true ;;
    --device | --labels | --frames)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in --device) device=$2 ;; --labels) names=$2 ;; --frames) frames=$2 ;; esac
      shift
      ;;
    *) usage_error "$script" "unknown option $1" ;;
  esac
  shift
done
label_arguments "$names"
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

if $test; then
  source=(videotestsrc is-live=true pattern=ball num-buffers="$frames" ! "video/x-raw,width=640,height=360,framerate=30/1")
else
  [ -e "$device" ] || { echo "$device: no such camera; --device names another, --test needs none" >&2; exit 1; }
  source=(v4l2src device="$device" num-buffers="$frames" ! decodebin)
fi
sink=(fakesink sync=false)
if ! $headless && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  sink=(vificlipoverlay ! videoconvert ! autovideosink)
fi
recognise "${source[@]}" ! vificlip "${labels[@]}" ! queue ! "${sink[@]}"

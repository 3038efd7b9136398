#!/usr/bin/env bash
# What share of `vifi classify` is neither decoding nor encoding? On a 1080p file, with the bundled model and with a
# ViT-B/16 of random weights.
# usage: tests/bench/share.sh [SECONDS]        (length of the video, default 12)
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1:-} in
  --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
. pipelines/lib.sh
prepare_build "${runtime_targets[@]}" tests/bench/classify_share
. pipelines/env.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gst-launch-1.0 -q videotestsrc num-buffers=$((25 * ${1:-12})) pattern=ball \
  ! video/x-raw,format=I420,width=1920,height=1080,framerate=25/1 ! x264enc speed-preset=ultrafast ! h264parse \
  ! mp4mux ! filesink location="$work/1080p.mp4"
tests/bench/random_clip.py "$work/ViT-B-16.safetensors"
for model in models/mini "$work/ViT-B-16.safetensors"; do
  printf '%s: ' "$(basename "$model")"
  build/tests/bench/classify_share "$model" "$work/1080p.mp4"
done

#!/usr/bin/env bash
# Makes docs/demo.png: one frame of each scene of the bundled video, with what vificlip and vificlipoverlay make of it.
# usage: docs/demo-picture.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. pipelines/lib.sh
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Two frames a second; scenes are five seconds long, and their last half second has a full window behind it.
gst-launch-1.0 -q filesrc location=pipelines/media/demo.mp4 ! decodebin ! vificlip messages=none \
  ! vificlipoverlay history=20000000000 ! videorate ! video/x-raw,framerate=2/1 ! videoconvert ! pngenc \
  ! multifilesink location="$work/frame%d.png"

pipeline=()
for scene in 0 1 2 3; do
  pipeline+=(filesrc location="$work/frame$((scene * 10 + 9)).png" ! pngdec ! videoconvert
    ! "video/x-raw,format=AYUV" ! imagefreeze num-buffers=1 ! "mix.sink_$scene")
done
gst-launch-1.0 -q compositor name=mix background=white \
  sink_1::xpos=648 sink_2::ypos=368 sink_3::xpos=648 sink_3::ypos=368 \
  ! video/x-raw,width=1288,height=728 ! videoscale ! video/x-raw,width=966,height=546 ! videoconvert ! pngenc \
  ! filesink location=docs/demo.png "${pipeline[@]}"
echo "docs/demo.png: $(stat -c %s docs/demo.png) bytes"

#!/usr/bin/env bash
# Makes docs/demo.png: one frame of each scene of the bundled video, with what vificlip says about it.
# usage: docs/demo-picture.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. pipelines/lib.sh
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

video=pipelines/media/demo.mp4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
recognise filesrc location=$video ! decodebin ! vificlip ! fakesink sync=false >"$work/results"
# Two frames for each scene of five seconds, at its beginning and in its middle.
gst-launch-1.0 -q filesrc location=$video ! decodebin ! videorate ! video/x-raw,framerate=2/5 ! videoconvert ! pngenc \
  ! multifilesink location="$work/frame%d.png"

pipeline=()
for scene in 0 1 2 3; do
  text=$(awk -v begin=$((scene * 5)) '$1 >= begin { print substr($0, 20, 34) " " $(NF - 2) " %"; exit }' "$work/results" |
    sed 's/  */ /g')
  pipeline+=(filesrc location="$work/frame$((scene * 2 + 1)).png" ! pngdec ! videoconvert
    ! textoverlay text="$text" valignment=bottom font-desc="Sans 20" shaded-background=true
    ! "video/x-raw,format=AYUV" ! imagefreeze num-buffers=1 ! "mix.sink_$scene")
done
gst-launch-1.0 -q compositor name=mix background=white \
  sink_1::xpos=648 sink_2::ypos=368 sink_3::xpos=648 sink_3::ypos=368 \
  ! video/x-raw,width=1288,height=728 ! videoscale ! video/x-raw,width=966,height=546 ! videoconvert ! pngenc \
  ! filesink location=docs/demo.png "${pipeline[@]}"
echo "docs/demo.png: $(stat -c %s docs/demo.png) bytes"

#!/usr/bin/env bash
# Names the actions in the bundled video: sets up and builds where needed, then runs it through the element vificlip.
# usage: pipelines/demo.sh [--help]
#
# Prints one line for each window of four seconds, and at the end how many scenes were recognised. The video
# (drawn people, 20 s) and the model that knows them are part of the repository. Where there is a display, the video
# is then shown with its labels. The exit status is 0 where every scene was recognised.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
  '') ;;
  --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
  *)
    echo "unknown option $1; see pipelines/demo.sh --help" >&2
    exit 2
    ;;
esac
. pipelines/lib.sh

prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

video=pipelines/media/demo.mp4
echo "gst-launch-1.0 -m filesrc location=$video ! decodebin ! vificlip ! fakesink" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
results=$work/results
recognise filesrc location="$video" ! decodebin ! vificlip ! fakesink sync=false | tee "$results"

show_with_labels() {
  gst-launch-1.0 -q filesrc location=$video ! decodebin ! vificlip messages=none ! vificlipoverlay history=20000000000 \
    ! videoconvert ! autovideosink
}
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  show_with_labels || echo "demo: the display could not be used" >&2
fi

# A scene counts as recognised where each window that lies in it has its label.
awk '
  FNR == NR { # the timeline, one "key": value a line
    gsub(/[",]/, "")
    sub(/^ */, "")
    value = substr($0, index($0, ":") + 2)
    if ($1 == "start_s:") start[++scenes] = value
    if ($1 == "end_s:") end[scenes] = value
    if ($1 == "label:") label[scenes] = value
    next
  }
  {
    name = substr($0, 20, 34)
    sub(/ *$/, "", name)
    for (i = 1; i <= scenes; ++i)
      if ($1 >= start[i] - 0.05 && $2 <= end[i] + 0.05) { windows[i]++; right[i] += name == label[i] }
  }
  END {
    for (i = 1; i <= scenes; ++i) {
      good = windows[i] && right[i] == windows[i]
      n += good
      list = list (i > 1 ? ", " : "") label[i] (good ? "" : " (missed)")
    }
    printf "%d of %d scenes recognised: %s\n", n, scenes, list
    exit n < scenes
  }' pipelines/media/demo.timeline.json "$results"

#!/usr/bin/env bash
# Runs the scripts of pipelines/ and the examples with real elements and the bundled model: no camera, no network but
# the loopback.
# usage: tests/scripts/pipelines.sh BUILD
set -euo pipefail
export VIFI_BUILD=${1:?usage: tests/scripts/pipelines.sh BUILD}
cd "$(dirname "$0")/../.."
unset VIFI_DEFAULT_MODEL GST_PLUGIN_PATH_1_0 DISPLAY WAYLAND_DISPLAY SLURM_ARRAY_TASK_ID

work=$(mktemp -d)
children=()
clean_up() {
  local child
  for child in "${children[@]}"; do kill -- "$child" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { # expect PATTERN FILE WHAT
  grep -q -e "$1" "$2" || { cat "$2" >&2; fail "$3: no '$1'"; }
}
expect_status() { # expect_status STATUS COMMAND...
  local expected=$1 status=0
  shift
  "$@" >"$work/out" 2>&1 || status=$?
  [ "$status" -eq "$expected" ] || { cat "$work/out" >&2; fail "$*: exit status $status, expected $expected"; }
}

for script in camera rtsp broadcast hls archive many-cameras evaluate; do
  "pipelines/$script.sh" --help | grep -q '^usage: ' || fail "pipelines/$script.sh --help shows no usage"
  "pipelines/$script.sh" --help | grep -q '^example: ' || fail "pipelines/$script.sh --help shows no example"
  expect_status 2 "pipelines/$script.sh" --no-such-option
done
if [ ! -e "$VIFI_BUILD/libvifi/engine/libvifi-torch.so" ]; then
  echo "skipped: the build has no engine" >&2
  exit 77
fi
demo=pipelines/media/demo.mp4
gstreamer() { (. pipelines/env.sh && timeout 120 "$@"); }

echo "camera.sh"
expect_status 1 pipelines/camera.sh --device /no/such/camera
pipelines/camera.sh --test --headless --frames 30 --labels 'a ball moves;a person waves' >"$work/camera"
expect ' s  a ' "$work/camera" camera.sh

echo "many-cameras.sh"
pipelines/many-cameras.sh --frames 15 test:// "$demo" test:// >"$work/many"
expect '^cam1 .* s  ' "$work/many" many-cameras.sh
expect '^cam2 .*16.00   20.00 s  bouncing a ball' "$work/many" many-cameras.sh
expect '^cam3 .* s  ' "$work/many" many-cameras.sh
expect_status 1 pipelines/many-cameras.sh no-such-file.mp4

echo "archive.sh"
mkdir -p "$work/videos/deep er"
cp "$demo" "$work/videos/one.mp4"
cp "$demo" "$work/videos/deep er/it's two.mp4"
echo "no video" >"$work/videos/bad.mkv"
expect_status 1 pipelines/archive.sh --jobs 2 --labels 'bouncing a ball;playing a guitar' "$work/videos" "$work/results"
[ -s "$work/results/bad.mkv.error" ] || fail "archive.sh: no word about the bad file"
expect '"name":"bouncing a ball"' "$work/results/one.mp4.jsonl" archive.sh
# Two processes may choose different products at load, which differ in a score's last digits.
python3 - "$work/results/one.mp4.jsonl" "$work/results/deep er/it's two.mp4.jsonl" <<'PYTHON' || fail "archive.sh: the same video, other results"
import json, sys

def alike(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(key == "stream" or alike(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return abs(a - b) <= 1e-4 if isinstance(a, float) else a == b

one, two = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
sys.exit(not (one and alike(one, two)))
PYTHON
rm "$work/videos/bad.mkv" "$work/results/bad.mkv.error" "$work/results/one.mp4.jsonl"
expect_status 0 pipelines/archive.sh "$work/videos" "$work/results" # goes on with what is missing
expect '1 of 2 were there already, 1 were tried' "$work/out" archive.sh
for task in 1 2; do # a Slurm array
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=2 pipelines/archive.sh "$work/videos" "$work/array" 2>"$work/out"
  expect '1 were tried' "$work/out" "archive.sh, task $task"
done
[ "$(find "$work/array" -name '*.jsonl' | wc -l)" -eq 2 ] || fail "archive.sh: the array left videos out"

echo "evaluate.sh"
# The demo's four scenes of five seconds. Not by splitmuxsink: GStreamer 1.22.0's often never ends after the last file.
expect_status 0 pipelines/hls.sh --segment 5 "$demo" "$work/scenes"
mkdir -p "$work/set/playing_a_guitar" "$work/set/doing_jumping_jacks" "$work/set/bouncing_a_ball"
mv "$work/scenes/video00000.ts" "$work/set/playing_a_guitar/a.ts"
mv "$work/scenes/video00002.ts" "$work/set/doing_jumping_jacks/b.ts"
cp "$work/scenes/video00003.ts" "$work/set/bouncing_a_ball/c.ts"
cp "$work/scenes/video00003.ts" "$work/set/playing_a_guitar/mistaken.ts"
pipelines/evaluate.sh --page "$work/page.html" --json "$work/figures.json" "$work/set" >"$work/table"
expect 'playing a guitar  *2   50.0 %  100.0 %  bouncing a ball (1)' "$work/table" evaluate.sh
expect '^4 videos, 0 unreadable: top-1 75.0 %, top-5 100.0 %, mean of classes 83.3 %' "$work/table" evaluate.sh
expect 'title="playing a guitar named bouncing a ball"[^<]*>1' "$work/page.html" evaluate.sh
expect '"schema": "vifi.evaluation/1"' "$work/figures.json" evaluate.sh
echo "no video" >"$work/set/bouncing_a_ball/bad.mp4"
expect_status 1 pipelines/evaluate.sh "$work/set"
expect '4 videos, 1 unreadable' "$work/out" evaluate.sh

echo "hls.sh"
expect_status 0 pipelines/hls.sh --segment 5 --burn-in "$demo" "$work/hls"
expect 'labels.m3u8' "$work/hls/master.m3u8" hls.sh
expect '^#EXT-X-ENDLIST' "$work/hls/video.m3u8" hls.sh
expect '^X-TIMESTAMP-MAP=' "$work/hls/labels.vtt" hls.sh
expect '^bouncing a ball' "$work/hls/labels.vtt" hls.sh
[ "$(grep -c '^video.*ts$' "$work/hls/video.m3u8")" -ge 4 ] || fail "hls.sh: fewer than four segments"

echo "broadcast.sh: a file, interlaced"
gstreamer gst-launch-1.0 -q filesrc location="$demo" ! decodebin ! videoconvert ! interlace field-pattern=2:2 \
  ! x264enc tune=zerolatency interlaced=true speed-preset=veryfast ! h264parse ! mpegtsmux ! filesink location="$work/in.ts"
pipelines/broadcast.sh --burn-in --dvb --subtitles "$work/labels.srt" "$work/in.ts" "$work/out.ts" >"$work/broadcast"
expect 'bouncing a ball' "$work/broadcast" broadcast.sh
expect '^bouncing a ball' "$work/labels.srt" broadcast.sh
gstreamer gst-launch-1.0 -v filesrc location="$work/out.ts" ! tsdemux ! h264parse ! fakesink >"$work/out"
expect 'framerate=(fraction)60/1' "$work/out" broadcast.sh
gstreamer gst-launch-1.0 -q filesrc location="$work/out.ts" ! tsdemux ! meta/x-klv ! filesink location="$work/out.klv"
LC_ALL=C grep -a -q 'bouncing a ball' "$work/out.klv" || fail "broadcast.sh: no KLV"
gstreamer gst-launch-1.0 -q filesrc location="$work/out.ts" ! tsdemux ! subpicture/x-dvb ! filesink location="$work/out.dvb"
[ -s "$work/out.dvb" ] || fail "broadcast.sh: no DVB subtitles"

echo "broadcast.sh: UDP in, UDP out"
read -r port_in port_out < <(python3 -c '
import socket
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
mkfifo "$work/klv"
(. pipelines/env.sh && exec gst-launch-1.0 -q udpsrc address=127.0.0.1 port="$port_out" buffer-size=8388608 caps=video/mpegts,systemstream=true,packetsize=188 \
  ! tsdemux ! meta/x-klv ! filesink location="$work/klv" buffer-mode=unbuffered) 2>/dev/null &
children+=($!)
setsid pipelines/broadcast.sh udp://127.0.0.1:"$port_in" udp://127.0.0.1:"$port_out" >"$work/broadcast.udp" 2>&1 &
children+=(-$!)
# Sent in real time, again and again, until a packet came all the way.
(. pipelines/env.sh && while gst-launch-1.0 -q filesrc location="$work/in.ts" ! tsparse set-timestamps=true ! udpsink host=127.0.0.1 port="$port_in"; do :; done) &
children+=($!)
LC_ALL=C timeout 120 grep -a -q -m 1 VIFI "$work/klv" || fail "broadcast.sh: no KLV over UDP"
for child in "${children[@]}"; do kill -- "$child" 2>/dev/null || true; done
children=()

echo "rtsp.sh"
python=/usr/bin/python3 # the system's: it sees Debian's modules
if $python -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null; then
  mkfifo "$work/address"
  $python tests/scripts/rtsp_server.py >"$work/address" &
  children+=($!)
  read -r address <"$work/address"
  pipelines/rtsp.sh --tcp --connections 2 --wait 1 "$address" >"$work/rtsp" 2>"$work/out"
  [ "$(wc -l <"$work/rtsp")" -eq 2 ] || { cat "$work/rtsp" "$work/out" >&2; fail "rtsp.sh: expected a result from each of two connections"; }
  expect 'connecting again' "$work/out" rtsp.sh
else
  echo "skipped: rtsp.sh (no gir1.2-gst-rtsp-server-1.0 or python3-gi)" >&2
fi

echo "examples"
# shellcheck disable=SC2086 # CC may be "ccache cc"
${CC:-cc} -Wall -Werror examples/read_results.c -o "$work/read_results" $(pkg-config --cflags --libs gstreamer-1.0)
gstreamer "$work/read_results" "$demo" >"$work/c"
expect '^results 16.00 20.00 bouncing a ball' "$work/c" read_results.c
expect '^events 0.00 4.00 playing a guitar' "$work/c" read_results.c
if $python -c 'import gi; gi.require_version("Gst", "1.0"); from gi.repository import Gst; Gst.Structure.__getitem__' 2>/dev/null; then
  gstreamer $python examples/read_results.py "$demo" >"$work/python"
  expect '^result 16.00 20.00 bouncing a ball 0.9' "$work/python" read_results.py
  expect '^event end 0.00 5.00 playing a guitar' "$work/python" read_results.py
else
  echo "skipped: read_results.py (no python3-gst-1.0)" >&2
fi
echo "done"

#!/usr/bin/env bash
# Half an hour of a camera (45,000 frames at 25 a second), played as fast as it goes through vificlip, its overlay and
# its extraction, under GStreamer's tracer for leaks: memory stays flat, and nothing is alive at the end.
# usage: tests/variants/long-stream.sh [--help] [FRAMES]
#
# Uses ./build. Memory is anonymous memory; its peak in the last third of the frames may be 2 MB above that in the
# middle third. The last line is `N passed, N failed`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in
  '' | [0-9]*) ;;
  --help | -h)
    usage
    exit 0
    ;;
  *)
    echo "unknown option $1; see tests/variants/long-stream.sh --help" >&2
    exit 2
    ;;
esac
frames=${1:-45000}
prepare_build gst-plugin/libgstvifi.so libvifi/engine/libvifi-torch.so
. pipelines/env.sh

log=${VIFI_BUILD:-$PWD/build}/long-stream.log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 GST_DEBUG_FILE="$log" \
  gst-launch-1.0 -q videotestsrc num-buffers="$frames" pattern=ball ! video/x-raw,format=I420,width=96,height=64,framerate=25/1 \
  ! vificlip mode=sync ! vificlipoverlay ! vificlipextract name=x ! fakesink sync=false x.text ! fakesink async=false sync=false \
  x.json ! filesink async=false location="$work/results.jsonl" x.klv ! fakesink async=false sync=false >"$work/output" 2>&1 &
process=$!
while kill -0 "$process" 2>/dev/null; do
  awk '/^RssAnon/ { print $2 }' "/proc/$process/status" 2>/dev/null >>"$work/memory" || true
  sleep 0.25
done

passed=0
failed=0
check() { # check NAME COMMAND...
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    echo "failed: $1"
    failed=$((failed + 1))
  fi
}
results_for_each_second() { # a result each second, but for the first window's 4 s
  local results
  results=$(grep -c '"vifi.result/1"' "$work/results.jsonl" || true)
  echo "results: $results"
  [ "$results" -ge $((frames / 25 - 4)) ]
}
memory_is_flat() {
  awk '{ kb[NR] = $1 }
    END {
      for (i = 1; i <= NR; ++i) { third = int((i - 1) * 3 / NR); if (kb[i] > peak[third]) peak[third] = kb[i] }
      printf "memory: peaks of the thirds %.1f, %.1f, %.1f MB (%d samples)\n", peak[0] / 1024, peak[1] / 1024, peak[2] / 1024, NR
      exit !(NR >= 30 && peak[2] - peak[1] <= 2048)
    }' "$work/memory"
}
tracer_ran() { grep -q 'GST_TRACER' "$log"; }
nothing_alive() {
  local alive
  alive=$(grep 'object-alive, type-name=' "$log" | grep -v '(string)%s' || true)
  head -n 20 <<<"$alive"
  [ -z "$alive" ]
}
check "the pipeline ended with an error" wait "$process"
head -n 20 "$work/output"
check "results are missing" results_for_each_second
check "memory grows" memory_is_flat
check "the tracer did not run; see $log" tracer_ran
check "objects are left alive" nothing_alive
echo "long-stream: $frames frames, $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

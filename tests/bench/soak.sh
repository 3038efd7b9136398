#!/usr/bin/env bash
# Does a long stream keep its memory? Runs it with identity, with vificlip, and with vificlip, overlay and extract behind
# each other, and compares anonymous memory.
# usage: tests/bench/soak.sh [FRAMES] [PROPERTY=VALUE...]
#
#   FRAMES          default 90000: an hour at 25 frames a second
#   PROPERTY=VALUE  of vificlip, such as model-file=ViT-B/16 labels='a;b' precision=bf16
#
# Prints each run's peak, the difference, and the slope over the last half in MB per 10,000 frames.
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1:-} in
  --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
. pipelines/lib.sh
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh
frames=${1:-90000}
clip=(vificlip "${@:2}")

anonymous_kb() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status" 2>/dev/null; }

run() { # run LOG ELEMENT...: samples of anonymous memory, twice a second, to LOG
  local log=$1 process memory
  shift
  gst-launch-1.0 -q videotestsrc num-buffers="$frames" pattern=ball ! video/x-raw,format=I420,width=96,height=64,framerate=25/1 \
    ! "$@" ! fakesink >/dev/null &
  process=$!
  : >"$log"
  while kill -0 "$process" 2>/dev/null; do
    memory=$(anonymous_kb "$process") || true
    [ -z "$memory" ] || echo "$memory" >>"$log"
    sleep 0.5
  done
  wait "$process"
}

report() { # report NAME LOG: peak, and the least-squares slope of the last half
  awk -v name="$1" -v frames="$frames" '
    { kb[NR] = $1; if ($1 > peak) peak = $1 }
    END {
      for (i = int(NR / 2) + 1; i <= NR; ++i) { n++; x += i; y += kb[i]; xx += i * i; xy += i * kb[i] }
      slope = n > 1 ? (n * xy - x * y) / (n * xx - x * x) : 0   # kB a sample
      printf "%-9s peak %7.1f MB, last half %+.3f MB per 10,000 frames (%d samples)\n",
             name, peak / 1024, slope / 1024 * NR / frames * 10000, NR
    }' "$2"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run "$work/identity" identity
run "$work/vificlip" "${clip[@]}"
run "$work/all" "${clip[@]}" ! vificlipoverlay ! vificlipextract name=x x.text ! fakesink async=false x.json ! fakesink async=false \
  x.klv ! fakesink async=false x.
report identity "$work/identity"
report vificlip "$work/vificlip"
report all "$work/all"
paste -d ' ' <(sort -n "$work/vificlip" | tail -n 1) <(sort -n "$work/identity" | tail -n 1) |
  awk '{ printf "difference of the peaks: %.1f MB\n", ($1 - $2) / 1024 }'

#!/usr/bin/env bash
# How long does looking at the plugin take, against a plugin with nothing in it?
# usage: tests/bench/inspect.sh [RUNS]        (default 15)
#
# Prints medians of wall-clock and of processor time; on a busy machine trust the latter.
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
runs=${1:-15}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/empty.c" <<'C'
#include <gst/gst.h>
#define PACKAGE "empty"
static gboolean init(GstPlugin* plugin) { return TRUE; }
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, empty, "nothing", init, "1", "Apache 2.0", "empty", "https://example.org")
C
mkdir "$work/empty"
# shellcheck disable=SC2046 # several options
cc -shared -fPIC $(pkg-config --cflags gstreamer-1.0) "$work/empty.c" -o "$work/empty/libgstempty.so" $(pkg-config --libs gstreamer-1.0)

# gst-inspect-1.0 loads the file itself, so no registry takes part.
export GST_REGISTRY_1_0=$work/registry.bin GST_PLUGIN_SYSTEM_PATH_1_0='' GST_PLUGIN_PATH_1_0=$work/nothing
TIMEFORMAT='%R %U %S'

medians() { # medians PLUGIN_FILE: of wall-clock time and of processor time
  local i
  for ((i = 0; i < runs; ++i)); do
    { time gst-inspect-1.0 "$1" >/dev/null; } 2>&1
  done | awk '
    function median(values,    i, j, swap) {
      for (i = 1; i <= NR; ++i)
        for (j = i + 1; j <= NR; ++j)
          if (values[j] < values[i]) { swap = values[i]; values[i] = values[j]; values[j] = swap }
      return 1000 * values[int((NR + 1) / 2)]
    }
    { wall[NR] = $1; processor[NR] = $2 + $3 }
    END { printf "%.0f ms, %.0f ms of processor time", median(wall), median(processor) }'
}
echo "an empty plugin: $(medians "$work/empty/libgstempty.so")"
echo "libgstvifi.so:   $(medians "${VIFI_BUILD:-$PWD/build}/gst-plugin/libgstvifi.so")"

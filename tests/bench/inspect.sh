#!/usr/bin/env bash
# How long does looking at the plugin take, against a plugin with nothing in it?
# usage: tests/bench/inspect.sh [RUNS]        (default 15; medians are printed)
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1:-} in
  --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
. pipelines/lib.sh
prepare_build
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

median_ms() { # median_ms PLUGIN_FILE: gst-inspect loads the file itself, so no registry takes part
  local i begin
  for ((i = 0; i < runs; ++i)); do
    begin=$(date +%s%N)
    GST_REGISTRY_1_0=$work/registry.bin GST_PLUGIN_SYSTEM_PATH_1_0='' GST_PLUGIN_PATH_1_0=$work/nothing gst-inspect-1.0 "$1" >/dev/null
    echo $((($(date +%s%N) - begin) / 10000))
  done | sort -n | awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 100 }'
}
echo "an empty plugin: $(median_ms "$work/empty/libgstempty.so") ms"
echo "libgstvifi.so:   $(median_ms "$PWD/build/gst-plugin/libgstvifi.so") ms"

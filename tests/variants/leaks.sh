#!/usr/bin/env bash
# Runs the element's tests with GStreamer's tracer for leaks: what is alive after gst_deinit was never let go.
# usage: tests/variants/leaks.sh [--help]
#
# Uses ./build. The last line is `N passed, N failed`, by test programs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
only_help "$@"
prepare_build gst-plugin/libgstvifi.so tests/gst/libvifi-torch.so tests/gst/gst-element

build=${VIFI_BUILD:-$PWD/build}
export VIFI_ENGINE_DIR=$build/tests/gst VIFI_DEFAULT_MODEL=$PWD/models/mini VIFI_TEST_DATA=$PWD/tests/data
export GST_PLUGIN_PATH_1_0=$build/gst-plugin GST_REGISTRY=$build/tests/gst/gst-registry.bin
export GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1

log=$build/leaks.log
failed=0
GST_TRACERS=leaks "$build/tests/gst/gst-element" >"$log" 2>&1 || failed=$(grep -c '^\[  FAILED  \].*)$' "$log" || true)
passed=$(grep -c '^\[       OK \]' "$log" || true)
grep -E '^\[  FAILED  \].*\)$' "$log" || true
if ! grep -q 'GST_TRACER' "$log"; then
  echo "failed: the tracer did not run; see $log"
  failed=$((failed + 1))
elif alive=$(grep 'object-alive, type-name=' "$log" | grep -v '(string)%s'); then
  echo "failed: objects are left alive"
  head -n 20 <<<"$alive"
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi
echo "leaks: $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 1 ]

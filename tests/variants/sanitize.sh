#!/usr/bin/env bash
# Runs the tests of core, media and elements under AddressSanitizer with UndefinedBehaviorSanitizer, and under
# ThreadSanitizer. The engine is the tests' fake one: libtorch is not needed.
# usage: tests/variants/sanitize.sh [--help] [address] [thread]
#
# Builds into build-asan and build-tsan. The last line is `N passed, N failed`, by test cases; what a sanitizer reports
# fails the program it is about. Needs clang, which is installed where it is missing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in
  --help | -h)
    usage
    exit 0
    ;;
esac
[ $# -gt 0 ] || set -- address thread

# Those that start no other program and need no engine of libtorch.
core_tests=(unit-core-base unit-core-bundle unit-core-engine-loader unit-core-model-cache unit-core-scores unit-core-stream
  unit-core-text unit-core-video)
stream_tests=(unit-media gst-element gst-extract gst-orientation gst-overlay)

passed=0 failed=0
run_tests() { # run_tests BUILD TEST...; builds what they need, and counts their cases
  local build=$1 log=$1/sanitize.log summary
  shift
  rm -f "$build"/meson-logs/testlog.*
  meson test -C "$build" --num-processes "$(build_jobs)" --timeout-multiplier 5 --print-errorlogs "$@" \
    >"$log" 2>&1 || grep -E -A60 '(error:|ERROR|WARNING: ThreadSanitizer|runtime error|FAILED)' "$log" | head -n 200 || true
  summary=$(python3 tests/summary.py "$build/meson-logs") || true
  sed '$d' <<<"$summary"
  summary=$(tail -n 1 <<<"$summary")
  passed=$((passed + $(sed 's/ passed.*//' <<<"$summary")))
  failed=$((failed + $(sed 's/.* passed, \([0-9]*\) failed.*/\1/' <<<"$summary")))
}

need_clang
# GLib's own allocator hides from the sanitizers, and GStreamer's scanner, a program without them, cannot load the plugin.
export G_SLICE=always-malloc GST_REGISTRY_FORK=no
for sanitizer in "$@"; do
  began=$SECONDS
  case $sanitizer in
    address)
      configure_asan
      run_tests build-asan "${core_tests[@]}"
      # What GStreamer's plugins keep to the end is not ours; leaks.sh and long-stream.sh look for what is.
      ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 run_tests build-asan "${stream_tests[@]}"
      ;;
    thread)
      configure_clang tsan "" -Db_sanitize=thread -Dtorch=none
      export TSAN_OPTIONS=exitcode=66:ignore_noninstrumented_modules=1
      run_tests build-tsan "${core_tests[@]}"
      clang -O1 -Wall -fPIC -shared -o build-tsan/glib-locks.so tests/variants/glib_locks.c -ldl
      LD_PRELOAD=$PWD/build-tsan/glib-locks.so run_tests build-tsan "${stream_tests[@]}"
      ;;
    *)
      echo "unknown sanitizer $sanitizer; see tests/variants/sanitize.sh --help" >&2
      exit 2
      ;;
  esac
  echo "$sanitizer: $((SECONDS - began)) s"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# Sets up and builds where needed, then runs every test: unit, element, layering, installation and golden cases.
# usage: tests/run.sh [--help]
#
# Golden cases: those of tests/data/golden, and all of ../shared/golden where that folder exists.
# The last line is `N passed, N failed`, where N counts test cases; the exit status is 1 where one failed.
# environment: VIFI_MESON_OPTIONS  options for a first configuration, such as -Dwerror=true
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
  '') ;;
  --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
  *)
    echo "unknown option $1; see tests/run.sh --help" >&2
    exit 2
    ;;
esac
. pipelines/lib.sh

prepare_build
rm -f build/meson-logs/testlog.json build/meson-logs/testlog.junit.xml
# The golden cases follow one by one, so their Meson test is left out here.
meson test -C build --no-rebuild --no-suite parity --num-processes "$(build_jobs)" --print-errorlogs || true

reports=()
run_golden() { # run_golden NAME FOLDER RUNNER_OPTIONS...
  local name=$1 folder=$2
  shift 2
  echo "golden cases of $folder"
  rm -f "build/parity-$name.json"
  VIFI_ENGINE_DIR=$PWD/build/libvifi/engine build/tests/parity/vifi-parity "$@" --report "build/parity-$name.json" "$folder" | sed '$d' || true
  [ -f "build/parity-$name.json" ] || { echo "the parity runner gave no report" >&2; exit 1; }
  reports+=(--parity "build/parity-$name.json")
}
if [ -d tests/data/golden ]; then
  run_golden own tests/data/golden
  reports+=(--strict)
fi
if [ -d ../shared/golden ]; then
  # Cases of methods that are still to come are unsupported; an operation with a case in tests/data/golden may not be.
  run_golden shared ../shared/golden --allow-unsupported
fi

python3 tests/summary.py build/meson-logs "${reports[@]}"

#!/usr/bin/env bash
# Reads the hostile checkpoints of the golden cases in a process that may have 2 GB of memory, addresses included.
# usage: tests/variants/memory.sh [--help]
#
# Uses ./build. The last line is `N passed, N failed`, by cases; those of ../shared/golden too where it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
only_help "$@"
prepare_build libvifi/engine/libvifi-torch.so tests/parity/vifi-parity
build=${VIFI_BUILD:-$PWD/build}
folders=(tests/data/golden)
shared=${VIFI_SHARED:-../shared}/golden
if [ -d "$shared" ]; then
  folders+=("$shared")
fi
ulimit -v $((2 * 1024 * 1024))
VIFI_ENGINE_DIR=$build/libvifi/engine "$build/tests/parity/vifi-parity" --suite bad-checkpoints "${folders[@]}"

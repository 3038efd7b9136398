#!/usr/bin/env bash
# Runs every recipe of docs/recipes.md against a build that exists.
# usage: tests/scripts/recipes.sh BUILD
set -euo pipefail
export VIFI_BUILD=${1:?usage: tests/scripts/recipes.sh BUILD}
cd "$(dirname "$0")/../.."
unset VIFI_DEFAULT_MODEL GST_PLUGIN_PATH_1_0 DISPLAY WAYLAND_DISPLAY
if [ ! -e "$VIFI_BUILD/libvifi/engine/libvifi-torch.so" ]; then
  echo "skipped: the build has no engine" >&2
  exit 77
fi
. pipelines/env.sh
exec python3 tests/scripts/recipes.py .

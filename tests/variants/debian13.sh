#!/usr/bin/env bash
# The build and the tests in an empty Debian 13: GStreamer 1.26 with its analytics library, g++ 14, GoogleTest 1.16.
# usage: tests/variants/debian13.sh [--help]
#
# Makes the Debian in a folder with tests/fresh-root.sh, and removes it afterwards. Needs root, mounts, mmdebstrap
# (installed where it is missing) and the network; where one of them cannot be had it says so and ends with status 77.
# Tests the last commit. The last line is `N passed, N failed`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
only_help "$@"

cannot() {
  echo "$*"
  exit 77
}
[ "$(id -u)" -eq 0 ] || cannot "a Debian 13 in a folder needs root"
unshare --mount true 2>/dev/null || cannot "no mounts are allowed here"
if ! command -v mmdebstrap >/dev/null; then
  { apt-get -q update && apt-get -q install -y --no-install-recommends mmdebstrap; } >/dev/null 2>&1 ||
    cannot "mmdebstrap is missing and could not be installed"
fi
tests/fresh-root.sh --cache --tests trixie

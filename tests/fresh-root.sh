#!/usr/bin/env bash
# Tries this commit as on a machine where nothing is installed: an empty Debian in a folder, a clone, the two commands.
# usage: sudo tests/fresh-root.sh [--cache] [--tests] [--keep] [SUITE]
#
#   SUITE    bookworm (default) or trixie
#   --cache  lend the root what this machine has: libtorch, what an earlier root compiled, ../shared
#   --tests  only the tests, not the demo; the last line is theirs
#   --keep   leave the root there afterwards, and say where
# Needs mmdebstrap and the network. Prints how long each step took; the exit status is the tests', or 77 where the
# root could not be made.
# environment: VIFI_MESON_OPTIONS  options for the build, such as -Dwerror=true
set -euo pipefail
if [ "${VIFI_OWN_MOUNTS:-}" != yes ]; then
  [ "$(id -u)" -eq 0 ] || { echo "fresh-root: error: mounts need root; run it with sudo" >&2; exit 2; }
  VIFI_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@" # mounts end with this process
fi
cd "$(dirname "$0")/.."

suite=bookworm cache=false tests_only=false keep=false
while [ $# -gt 0 ]; do
  case $1 in
    --cache) cache=true ;;
    --tests) tests_only=true ;;
    --keep) keep=true ;;
    --help | -h)
      sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    -*) echo "fresh-root: unknown option $1; see --help" >&2; exit 2 ;;
    *) suite=$1 ;;
  esac
  shift
done
command -v mmdebstrap >/dev/null || { echo "fresh-root: error: no mmdebstrap; apt-get install mmdebstrap" >&2; exit 1; }

base=$(mktemp -d "${TMPDIR:-/var/tmp}/vifi-fresh.XXXXXX")
root=$base/root
finish() {
  umount -R "$root/proc" "$root/dev" "$root/root/.cache/vifi" "$root/root/shared" 2>/dev/null || true
  if $keep; then
    echo "fresh-root: left in $root"
  elif ! grep -q " $root/" /proc/self/mounts; then # never delete through a mount
    rm -rf --one-file-system "$base"
  fi
}
trap finish EXIT
trap "exit 130" INT TERM

timed() { # timed NAME COMMAND...
  local name=$1 begin status=0
  shift
  begin=$(date +%s)
  "$@" || status=$?
  echo "fresh-root: $name: $(($(date +%s) - begin)) s, status $status"
  return $status
}

no_root() {
  echo "fresh-root: no root of $suite could be made: $*"
  exit 77
}

bootstrap() {
  # The root is thrown away, so nothing in it needs to wait for the disk.
  mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --aptopt='Acquire::Retries "3"' \
    --include=ca-certificates "$suite" "$root" \
    2>"$base/mmdebstrap.log" || no_root "$(grep -E -m 1 "^(E|Err)" "$base/mmdebstrap.log" || tail -n 1 "$base/mmdebstrap.log")"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  # A network that checks or redirects what passes has its own certificates and settings.
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  local file
  for file in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
    if [ -f "$file" ]; then
      cp "$file" "$root/etc/pip.conf"
    fi
  done
  if $cache; then
    mkdir -p "$root/root/.cache/vifi" "${XDG_CACHE_HOME:-$HOME/.cache}/vifi"
    mount --bind "${XDG_CACHE_HOME:-$HOME/.cache}/vifi" "$root/root/.cache/vifi"
    local shared=${VIFI_SHARED:-../shared}
    if [ -d "$shared" ]; then
      mkdir -p "$root/root/shared"
      mount --bind "$shared" "$root/root/shared"
      mount -o remount,bind,ro "$root/root/shared"
    fi
  fi
  git clone --quiet --no-local . "$root/root/vifi"
}

inside() { # inside COMMAND...: in the clone, with nothing of this shell's environment
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LC_ALL=C.UTF-8 CI="${CI:-}" ${PIP_CERT:+PIP_CERT=/etc/ssl/certs/ca-certificates.crt} \
    VIFI_MESON_OPTIONS="${VIFI_MESON_OPTIONS:-}" CCACHE_DIR="/root/.cache/vifi/ccache-$suite" \
    sh -c 'cd /root/vifi && "$@"' sh "$@"
}

# A network that breaks off says nothing about this commit.
packages() {
  local status=0
  inside ./setup.sh 2>&1 | tee "$base/setup.log" || status=$?
  if [ "$status" -ne 0 ] && grep -qE "Failed to fetch|Could not connect|Temporary failure|Read timed out" "$base/setup.log"; then
    no_root "its packages could not be fetched"
  fi
  return "$status"
}

timed "an empty $suite and a clone" bootstrap
if $tests_only; then
  timed "packages" packages
  inside tests/run.sh
  exit
fi
timed "the demo, from nothing" inside pipelines/demo.sh
timed "the demo again" inside pipelines/demo.sh
timed "the tests" inside tests/run.sh

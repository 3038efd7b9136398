#!/usr/bin/env bash
# Prepares a Debian 12 or 13 machine for building vifi: system packages, and libtorch in a cache that clones share.
# usage: ./setup.sh [--no-packages] [--quiet] [--help]
#
#   --no-packages   leave the system alone; only fetch libtorch
#   --quiet         speak only of what has to be done
#
# Can be run again at any time: what is there already is not fetched again, and then no network is needed.
# environment:
#   XDG_CACHE_HOME  where the cache lies (default ~/.cache); libtorch goes to $XDG_CACHE_HOME/vifi/libtorch-2.11.0
#   VIFI_TORCH      folder of a libtorch you have (with include/ and lib/): nothing is fetched
# pip's own settings (index, proxy, certificates, find-links) are honoured.
set -euo pipefail

packages=(
  g++ pkgconf meson ninja-build ccache git unzip python3-pip ca-certificates
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav
  libfmt-dev libcli11-dev libutf8proc-dev zlib1g-dev nlohmann-json3-dev
  libsentencepiece-dev libcurl4-openssl-dev libyaml-cpp-dev
  libcairo2-dev libpango1.0-dev fonts-dejavu-core fonts-droid-fallback
  libgtest-dev libgmock-dev libbenchmark-dev python3-gst-1.0 gir1.2-gst-rtsp-server-1.0
)

# libtorch comes from the torch wheel: the same files on every machine, whatever its Python. The two NVIDIA packages
# hold the small libraries that libtorch_cpu.so names even where it runs on the CPU alone.
torch_version=2.11.0
wheels="torch==$torch_version --hash=sha256:0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756
nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
needed_mb=1300 # wheels and unpacked files together, for a moment

quiet=false
say() { echo "setup: $*"; }
say_there() { $quiet || say "$*"; } # what needs nothing done
fail() { # fail WHAT CURE
  echo "setup: error: $1" >&2
  echo "  hint: $2" >&2
  exit 1
}

missing_packages() {
  local installed # dpkg-query's status is 1 where one of them is unknown
  installed=$({ dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true; } |
    sed -n 's/ installed$//p')
  printf '%s\n' "${packages[@]}" | grep -vxF "$installed" || true
}

install_packages() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "this is no Debian system" "install the equivalents of: ${packages[*]}; then run ./setup.sh --no-packages"
  local missing
  mapfile -t missing < <(missing_packages)
  if [ ${#missing[@]} -eq 0 ]; then
    say_there "system packages: all ${#packages[@]} are there"
    return
  fi
  say "system packages: installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing, and this is neither root nor is there sudo" \
      "as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  local log
  log=$(mktemp)
  "${as_root[@]}" apt-get -q update >"$log" 2>&1 || say "the package lists could not be refreshed; trying with the old ones"
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" \
    >>"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install them (its last words are above)" \
      "check the network and /etc/apt/sources.list*, then run ./setup.sh again"
  fi
  rm -f "$log"
}

torch_complete() { # torch_complete FOLDER
  [ -e "$1/torch/lib/libtorch_cpu.so" ] && [ -e "$1/torch/include/ATen/core/Tensor.h" ] &&
    [ -e "$1/nvidia/cu13/lib/libcudart.so.13" ] && [ -e "$1/nvidia/cu13/lib/libcupti.so.13" ]
}

fetch_wheels() { # fetch_wheels FOLDER
  echo "$wheels" >"$1/wheels.txt"
  local log="$1/pip.log"
  # pip compares platform names one by one: each wheel has its own.
  if ! python3 -m pip --disable-pip-version-check download --quiet --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
    --implementation cp --python-version 3.12 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
    --dest "$1" --requirement "$1/wheels.txt" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    if grep -q "DO NOT MATCH THE HASHES" "$log"; then
      fail "a downloaded file is not the one that was pinned (its sum is above)" \
        "the index or a proxy served another file: check pip's settings (pip3 config list), then run ./setup.sh again"
    fi
    fail "libtorch could not be downloaded (pip's last words are above)" \
      "check the network and pip's settings (pip3 config list), or set VIFI_TORCH to a libtorch $torch_version you have"
  fi
}

install_torch() {
  if [ -n "${VIFI_TORCH:-}" ]; then
    [ -e "$VIFI_TORCH/lib/libtorch_cpu.so" ] || fail "VIFI_TORCH=$VIFI_TORCH: there is no lib/libtorch_cpu.so" \
      "name the folder that holds lib/ and include/, or unset VIFI_TORCH"
    say_there "libtorch: yours, $VIFI_TORCH"
    return
  fi
  [ "$(uname -m)" = x86_64 ] || fail "no libtorch is pinned for $(uname -m)" "set VIFI_TORCH to a libtorch $torch_version"

  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/vifi
  local target=$cache/libtorch-$torch_version
  if torch_complete "$target"; then
    say_there "libtorch $torch_version: there ($target)"
    return
  fi
  mkdir -p "$cache" || fail "$cache cannot be made" "set XDG_CACHE_HOME to a folder you may write"
  exec 9>"$cache/setup.lock"
  flock 9 # another clone's setup may be at it
  if torch_complete "$target"; then
    say_there "libtorch $torch_version: there ($target)"
    return
  fi
  local free_mb
  free_mb=$(df --output=avail -m "$cache" | tail -n 1)
  [ "$free_mb" -ge "$needed_mb" ] || fail "$cache has ${free_mb// /} MB left, libtorch needs $needed_mb" \
    "free some space, or set XDG_CACHE_HOME to a folder on another disk"

  work=$(mktemp -d "$cache/unpacking.XXXXXX") # global: the trap outlives this function
  trap 'rm -rf "$work"' EXIT
  say "libtorch $torch_version: downloading (544 MB)"
  fetch_wheels "$work"
  say "libtorch $torch_version: unpacking"
  mkdir "$work/root"
  # Of torch only what the CPU engine is compiled and linked with: a third of the wheel.
  unzip -q "$work"/torch-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so 'torch/lib/libgomp*' \
    '*.dist-info/licenses/*' -d "$work/root"
  local wheel
  for wheel in "$work"/nvidia_*.whl; do
    unzip -q "$wheel" 'nvidia/cu13/lib/lib*.so.13' '*.dist-info/licenses/*' -d "$work/root"
  done
  torch_complete "$work/root" || fail "the wheels do not hold what was expected" "report this as a bug of setup.sh"
  rm -rf "$target"
  mv "$work/root" "$target"
  say "libtorch $torch_version: ready ($target)"
}

with_packages=true
while [ $# -gt 0 ]; do
  case $1 in
    --no-packages) with_packages=false ;;
    --quiet) quiet=true ;;
    --help | -h)
      sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *)
      echo "setup: unknown option $1; see ./setup.sh --help" >&2
      exit 2
      ;;
  esac
  shift
done

if $with_packages; then
  install_packages
fi
install_torch

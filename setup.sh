#!/usr/bin/env bash
# Prepares a Debian 12 or 13 machine for building vifi: system packages, and libtorch in a cache that clones share.
# usage: ./setup.sh [--no-packages] [--gpu] [--quiet] [--help]
#
#   --no-packages   leave the system alone; only fetch libtorch
#   --gpu           also fetch what libtorch needs on a GPU: 2.5 GB to download, 5 GB on disk; the NVIDIA driver (580 or
#                   newer) is yours to install
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
  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-x
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

# What libtorch_cuda.so names, and what those libraries open at run time.
gpu_wheels="nvidia-cublas==13.1.0.3 --hash=sha256:ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171
nvidia-cudnn-cu13==9.19.0.56 --hash=sha256:d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf
nvidia-cufft==12.0.0.61 --hash=sha256:6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3
nvidia-cusolver==12.0.4.66 --hash=sha256:0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112
nvidia-nccl-cu13==2.28.9 --hash=sha256:e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42
nvidia-cusparselt-cu13==0.8.0 --hash=sha256:25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd
nvidia-cusparse==12.6.3.3 --hash=sha256:2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b
nvidia-cuda-nvrtc==13.0.88 --hash=sha256:ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575
nvidia-nvshmem-cu13==3.4.5 --hash=sha256:290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80
nvidia-curand==10.4.0.35 --hash=sha256:1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc
nvidia-nvjitlink==13.0.88 --hash=sha256:13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b
nvidia-cufile==1.15.1.6 --hash=sha256:08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44"
gpu_needed_mb=8000

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
  "${as_root[@]}" apt-get -q -o Acquire::Retries=3 update >"$log" 2>&1 || say "the package lists could not be refreshed; trying with the old ones"
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 \
    install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
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

gpu_complete() { # gpu_complete FOLDER
  torch_complete "$1" && [ -e "$1/torch/lib/libtorch_cuda.so" ] && [ -e "$1/torch/lib/libc10_cuda.so" ] &&
    [ -e "$1/nvidia/cu13/lib/libcublas.so.13" ] && [ -e "$1/nvidia/cudnn/lib/libcudnn.so.9" ] &&
    [ -e "$1/nvidia/nccl/lib/libnccl.so.2" ]
}

complete() { # complete FOLDER: is what was asked for there?
  if $with_gpu; then gpu_complete "$1"; else torch_complete "$1"; fi
}

fetch_wheels() { # fetch_wheels FOLDER
  echo "$wheels" >"$1/wheels.txt"
  if $with_gpu; then echo "$gpu_wheels" >>"$1/wheels.txt"; fi
  local log="$1/pip.log"
  # pip compares platform names one by one: each wheel has its own.
  if ! python3 -m pip --disable-pip-version-check download --quiet --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
    --implementation cp --python-version 3.12 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_18_x86_64 --platform manylinux2014_x86_64 --platform manylinux2010_x86_64 \
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
    if $with_gpu && [ ! -e "$VIFI_TORCH/lib/libtorch_cuda.so" ]; then
      fail "VIFI_TORCH=$VIFI_TORCH: there is no lib/libtorch_cuda.so" "name a libtorch with CUDA, or unset VIFI_TORCH"
    fi
    say_there "libtorch: yours, $VIFI_TORCH"
    return
  fi
  [ "$(uname -m)" = x86_64 ] || fail "no libtorch is pinned for $(uname -m)" "set VIFI_TORCH to a libtorch $torch_version"

  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/vifi
  local target=$cache/libtorch-$torch_version
  if complete "$target"; then
    say_there "libtorch $torch_version: there ($target)"
    return
  fi
  mkdir -p "$cache" || fail "$cache cannot be made" "set XDG_CACHE_HOME to a folder you may write"
  exec 9>"$cache/setup.lock"
  flock 9 # another clone's setup may be at it
  if complete "$target"; then
    say_there "libtorch $torch_version: there ($target)"
    return
  fi
  local megabytes=544
  if $with_gpu; then
    needed_mb=$gpu_needed_mb megabytes=2500
  fi
  local free_mb
  free_mb=$(df --output=avail -m "$cache" | tail -n 1)
  [ "$free_mb" -ge "$needed_mb" ] || fail "$cache has ${free_mb// /} MB left, libtorch needs $needed_mb" \
    "free some space, or set XDG_CACHE_HOME to a folder on another disk"

  work=$(mktemp -d "$cache/unpacking.XXXXXX") # global: the trap outlives this function
  trap 'rm -rf "$work"' EXIT
  say "libtorch $torch_version: downloading ($megabytes MB)"
  fetch_wheels "$work"
  say "libtorch $torch_version: unpacking"
  mkdir "$work/root"
  # Of torch only what the engine is compiled and linked with: for a processor alone, a third of the wheel.
  local gpu_libraries=()
  if $with_gpu; then
    gpu_libraries=(torch/lib/libtorch_cuda.so torch/lib/libtorch_cuda_linalg.so torch/lib/libc10_cuda.so
      torch/lib/libtorch_nvshmem.so torch/lib/libcaffe2_nvrtc.so)
  fi
  unzip -q "$work"/torch-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so 'torch/lib/libgomp*' \
    "${gpu_libraries[@]}" '*.dist-info/licenses/*' -d "$work/root"
  rm "$work"/torch-*.whl
  local wheel
  for wheel in "$work"/nvidia_*.whl; do
    case $wheel in
      */nvidia_cuda_runtime-* | */nvidia_cuda_cupti-*)
        unzip -q "$wheel" 'nvidia/cu13/lib/lib*.so.13' '*.dist-info/licenses/*' -d "$work/root" ;;
      *) unzip -q "$wheel" 'nvidia/*/lib/*.so*' '*.dist-info/licenses/*' -d "$work/root" || [ $? -eq 11 ] ;; # 11: no licence file
    esac
    rm "$wheel"
  done
  complete "$work/root" || fail "the wheels do not hold what was expected" "report this as a bug of setup.sh"
  rm -rf "$target"
  mv "$work/root" "$target"
  say "libtorch $torch_version: ready ($target)"
}

with_packages=true
with_gpu=false
while [ $# -gt 0 ]; do
  case $1 in
    --no-packages) with_packages=false ;;
    --gpu) with_gpu=true ;;
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

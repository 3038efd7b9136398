#!/usr/bin/env bash
# Builds core and engine against an installed PyTorch, without GStreamer, and runs parity, tests and benches on the first
# GPU. Prints tables for docs/performance.md.
# usage: tests/gpu.sh [--build FOLDER] [--help]
#
# Without a GPU it says so and exits with 0. Takes well below 10 minutes, half of that on compiling.
# needs: g++, meson, ninja, nvcc (else vifi's own kernels are left out), python3 with torch, and the headers of fmt,
#   nlohmann-json, utf8proc, zlib, GoogleTest and CLI11
# environment:
#   VIFI_TORCH  folder of a libtorch, instead of python3's torch
#   VIFI_DEPS   folder into which those headers' Debian packages were unpacked (dpkg -x), where they cannot be installed
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-gpu
while [ $# -gt 0 ]; do
  case $1 in
    --build)
      build=${2:?--build needs a folder}
      shift
      ;;
    --help | -h)
      sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *)
      echo "unknown option $1; see tests/gpu.sh --help" >&2
      exit 2
      ;;
  esac
  shift
done

none() {
  echo "gpu: nothing was run: $*"
  exit 0
}
command -v nvidia-smi >/dev/null || none "there is no nvidia-smi, so there is no NVIDIA driver"
gpu=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>&1 | head -n 1) || none "nvidia-smi says: $gpu"
case $gpu in
  '' | *"No devices"* | *"has failed"*) none "nvidia-smi lists no GPU: $gpu" ;;
esac
torch=${VIFI_TORCH:-$(python3 -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")' || true)}
[ -e "$torch/lib/libtorch_cuda.so" ] || none "no libtorch with CUDA: install torch, or set VIFI_TORCH (./setup.sh --gpu fetches one)"
echo "gpu: $gpu, libtorch in $torch"

export PATH=$PATH:/usr/local/cuda/bin
if [ -n "${VIFI_DEPS:-}" ]; then
  deps=$(cd "$VIFI_DEPS" && pwd)
  multiarch=$deps/usr/lib/$(gcc -print-multiarch)
  export PKG_CONFIG_PATH=$multiarch/pkgconfig:$deps/usr/lib/pkgconfig:$deps/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$deps
  export CPATH=$deps/usr/include LIBRARY_PATH=$multiarch LD_LIBRARY_PATH=$multiarch
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; echo "error: '$*' failed" >&2; exit 1; }
}
if [ ! -f "$build/build.ninja" ]; then
  quietly meson setup "$build" -Dbuildtype=release "-Dtorch=$torch" -Dgstreamer=disabled -Dbench=disabled -Dtests=enabled -Dtools=enabled
fi
quietly ninja -C "$build" libvifi/engine/libvifi-torch.so libvifi/tools/vifi tests/parity/vifi-parity \
  tests/unit/core/cuda/unit-core-cuda tests/unit/engine/unit-engine-cuda tests/unit/engine/unit-engine-model
if ! ninja -C "$build" libvifi/engine/libvifi-cuda.so >"$log" 2>&1; then
  echo "gpu: without vifi's own kernels: no nvcc, or it failed"
fi

export VIFI_ENGINE_DIR=$PWD/$build/libvifi/engine VIFI_DEFAULT_MODEL=$PWD/models/mini VIFI_TEST_DATA=$PWD/tests/data
failed=0
run() { # run NAME COMMAND...
  echo "== $1"
  shift
  "$@" || failed=1
}
run doctor "$build/libvifi/tools/vifi" doctor || true
failed=0 # the doctor misses GStreamer here
run "prepared frames and kernels" "$build/tests/unit/core/cuda/unit-core-cuda" --gtest_brief=1
run "towers" "$build/tests/unit/engine/unit-engine-cuda" --gtest_brief=1
run "models on the GPU" "$build/tests/unit/engine/unit-engine-model" --gtest_brief=1 --gtest_filter='*Gpu.*'
folder=tests/data/golden
[ ! -d ../shared/golden ] || folder=../shared/golden
run "golden cases, fp32 on the GPU" env VIFI_PARITY_DEVICE=cuda "$build/tests/parity/vifi-parity" --suite clip-forward \
  --suite siglip-forward --suite pe-forward --allow-unsupported "$folder"

echo "== benches ($gpu)"
echo '| model | precision | batch | frames/s | tower, TFLOP/s | best product | share | cosine to fp32 |'
echo '|---|---|---|---|---|---|---|---|'
for architecture in ViT-B/16 ViT-L/14; do
  for precision in fp16 bf16 fp32; do
    for batch in 1 8 32 128; do
      if ! "$build/libvifi/tools/vifi" bench --device cuda --architecture "$architecture" --precision "$precision" \
        --batch "$batch" --seconds 1 --json >"$log"; then
        failed=1
        continue
      fi
      python3 - "$architecture" "$log" <<'PY'
import json, sys
r = json.loads(open(sys.argv[2]).read())
print(f"| {sys.argv[1]} | {r['precision']} | {r['batch']} | {r['frames_per_second']:.0f} | {r['model_gflops'] / 1000:.1f} "
      f"| {r['ceiling_gflops'] / 1000:.1f} | {100 * r['ratio']:.0f} % | {r.get('cosine', 1):.6f} |")
PY
    done
  done
done
[ $failed -eq 0 ] && echo "gpu: all passed" || { echo "gpu: something failed, see above"; exit 1; }

#!/usr/bin/env bash
# Installs a build into an empty folder and uses it from there: headers, pkg-config, plugin, engine, model, command.
# usage: tests/install/run.sh BUILD
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=${1:?usage: tests/install/run.sh BUILD}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# What is found must come from the installed tree, not from the build or the source.
unset VIFI_ENGINE_DIR VIFI_DEFAULT_MODEL GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 LD_LIBRARY_PATH
export GST_REGISTRY_1_0=$root/registry.bin

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
find_one() { # find_one NAME: the one file of that name below the installed tree
  find "$root" -name "$1" | head -n 1
}

meson install -C "$build" --no-rebuild --quiet --destdir "$root"
library=$(dirname "$(find_one libvifi.so)")
export PKG_CONFIG_PATH=$library/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root

echo "headers and pkg-config"
read -ra cflags <<<"$(pkg-config --cflags vifi)"
read -ra libs <<<"$(pkg-config --libs vifi)"
strict=(-std=c++20 -Wall -Wextra -Wpedantic -Werror)
mkdir "$root/alone"
for header in "$(dirname "$(find_one model_host.h)")"/*.h; do
  echo "#include <vifi/${header##*/}>" >"$root/alone/$(basename "$header" .h).cpp"
done
g++ "${strict[@]}" -fsyntax-only "${cflags[@]}" "$root"/alone/*.cpp || fail "a public header does not compile by itself"
g++ "${strict[@]}" "${cflags[@]}" "$here/consumer.cpp" "${libs[@]}" "-Wl,-rpath,$library" -o "$root/consumer"
model=$("$root/consumer")
[ -f "$model/vifi.json" ] && [ -f "$model/model.safetensors" ] || fail "no bundle at the default model path '$model'"

engine=$(find_one libvifi-torch.so)
if [ -e "$library/libvifi-media.so" ]; then
  echo "the README's program"
  awk '/^```cpp/ { on = 1; next } /^```/ { on = 0 } on' "$source/README.md" >"$root/readme.cpp"
  read -ra cflags <<<"$(pkg-config --cflags vifi-media)"
  read -ra libs <<<"$(pkg-config --libs vifi-media)"
  g++ "${strict[@]}" "${cflags[@]}" "$root/readme.cpp" "${libs[@]}" "-Wl,-rpath,$library" -o "$root/readme"
  if [ -n "$engine" ]; then
    (cd "$source" && timeout 120 "$root/readme") >"$root/readme.txt" || fail "the README's program fails"
    grep -q "playing a guitar" "$root/readme.txt" || fail "the README's program recognises nothing"
  fi
fi

plugin=$(find_one libgstvifi.so)
if [ -n "$plugin" ]; then
  echo "plugin"
  export GST_PLUGIN_PATH_1_0=${plugin%/*}
  LD_DEBUG=files GST_REGISTRY_FORK=no gst-inspect-1.0 vificlip >"$root/inspect.txt" 2>"$root/loaded.txt" ||
    { tail -n 5 "$root/loaded.txt" >&2; fail "gst-inspect-1.0 does not find vificlip"; }
  grep -q model-file "$root/inspect.txt" || fail "gst-inspect-1.0 shows no property model-file"
  ! grep -q libtorch "$root/loaded.txt" || fail "looking at the plugin loads libtorch"
  if [ -n "$engine" ]; then
    echo "engine"
    timeout 120 gst-launch-1.0 -m videotestsrc num-buffers=30 ! video/x-raw,width=128,height=96,framerate=10/1 ! vificlip ! fakesink \
      >"$root/run.txt" 2>&1 || { tail -n 20 "$root/run.txt" >&2; fail "a pipeline with the installed element fails"; }
    grep -q vificlip-result "$root/run.txt" || fail "the pipeline gave no result"
  fi
fi

command=$(find "$root" -path '*/bin/vifi')
if [ -n "$command" ]; then
  echo "command"
  "$command" --help >/dev/null || fail "the installed command does not run"
fi

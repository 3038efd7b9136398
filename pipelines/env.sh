# Makes this shell use the build: its plugin, its engine, its command and the bundled model. Source it:
#   . pipelines/env.sh
# environment: VIFI_BUILD  another build than ./build
# shellcheck shell=sh
vifi_root=$(cd "$(dirname "${BASH_SOURCE:-$0}")/.." && pwd)
vifi_build=${VIFI_BUILD:-$vifi_root/build}
export GST_PLUGIN_PATH_1_0="$vifi_build/gst-plugin${GST_PLUGIN_PATH_1_0:+:$GST_PLUGIN_PATH_1_0}"
export GST_REGISTRY_1_0="$vifi_build/gst-registry.bin"
export VIFI_ENGINE_DIR="$vifi_build/libvifi/engine"
export VIFI_DEFAULT_MODEL="${VIFI_DEFAULT_MODEL:-$vifi_root/models/mini}"
export PATH="$vifi_build/libvifi/tools:$vifi_build/training:$vifi_build/training/dataset:$PATH"
unset vifi_root vifi_build

# Makes this shell use the build: its plugin, its engine, its command and the bundled model. Source it:
#   . pipelines/env.sh
# shellcheck shell=sh
vifi_root=$(cd "$(dirname "${BASH_SOURCE:-$0}")/.." && pwd)
export GST_PLUGIN_PATH_1_0="$vifi_root/build/gst-plugin${GST_PLUGIN_PATH_1_0:+:$GST_PLUGIN_PATH_1_0}"
export GST_REGISTRY_1_0="$vifi_root/build/gst-registry.bin"
export VIFI_ENGINE_DIR="$vifi_root/build/libvifi/engine"
export VIFI_DEFAULT_MODEL="${VIFI_DEFAULT_MODEL:-$vifi_root/models/mini}"
export PATH="$vifi_root/build/libvifi/tools:$PATH"
unset vifi_root

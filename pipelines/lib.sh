# For the scripts of this repository: a build that is up to date. Source it from the repository's root.

# What running videos takes; the tests make up half of a whole build.
runtime_targets=(gst-plugin/libgstvifi.so libvifi/engine/libvifi-torch.so libvifi/tools/vifi)

# Sets up the machine, configures ./build and builds it, each where needed. What it says goes to stderr. Where
# VIFI_BUILD names another build, that one is used as it is.
prepare_build() { # prepare_build [TARGET...]: all targets where none is named
  if [ -n "${VIFI_BUILD:-}" ]; then
    return
  fi
  if ! ./setup.sh --quiet >&2; then
    exit 1
  fi
  local torch=${VIFI_TORCH:-${XDG_CACHE_HOME:-$HOME/.cache}/vifi/libtorch-2.11.0/torch}
  if [ ! -f build/build.ninja ]; then
    echo "build: configuring ./build" >&2
    # shellcheck disable=SC2086 # several options
    if ! run_quietly build-configure.log meson setup build "-Dtorch=$torch" ${VIFI_MESON_OPTIONS:-}; then
      rm -rf build
      exit 1
    fi
  elif [ ! -e build/libvifi/engine/libvifi-torch.so ] && ! grep -q "libvifi-torch.so" build/build.ninja; then
    echo "build: ./build was configured without libtorch; configuring it again" >&2
    run_quietly build-configure.log meson setup --reconfigure build "-Dtorch=$torch" || exit 1
  fi
  if ! ninja -C build -n "$@" | grep -q 'no work to do'; then
    echo "build: compiling ($(build_jobs) at a time; a first build takes minutes)" >&2
    run_quietly build.log ninja -C build -j "$(build_jobs)" "$@" || exit 1
  fi
}

# Runs a command with its output in a log, and shows the log's end where it fails.
run_quietly() { # run_quietly LOG COMMAND...
  local log
  log=${TMPDIR:-/tmp}/vifi-$$-$1
  shift
  if ! "$@" >"$log" 2>&1; then
    grep -E -A5 '(error: |ERROR: |FAILED: |\[-Werror)' "$log" | head -n 40 >&2 || true
    tail -n 5 "$log" >&2
    echo "error: '$*' failed; its whole output is in $log" >&2
    return 1
  fi
  rm -f "$log"
}

# One compiler for each core, but no more than one for each 2 GB of memory: files that include libtorch are large.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 2000000) }' /proc/meminfo)
  if [ "$memory" -lt "$cores" ]; then
    cores=$memory
  fi
  echo $((cores > 0 ? cores : 1))
}

# Runs a pipeline that holds a vificlip, and prints its results as a table.
recognise() { # recognise PIPELINE...
  gst-launch-1.0 -m "$@" | LC_ALL=C awk -f pipelines/results.awk
}

# The comment at a script's head is its help.
show_help() { # show_help SCRIPT
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$1"
}

usage_error() { # usage_error SCRIPT WHAT
  echo "$2; see $1 --help" >&2
  exit 2
}

# A file's address; addresses stay.
uri_of() { # uri_of FILE_OR_URI
  case $1 in
    *://*) echo "$1" ;;
    *)
      [ -f "$1" ] || { echo "$1: no such file" >&2; return 1; }
      python3 -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().as_uri())' "$1"
      ;;
  esac
}

# Sets the array `labels` to vificlip's property for LABELS: names separated by ';', or a file.
label_arguments() { # label_arguments LABELS
  labels=()
  if [ -f "$1" ]; then
    labels=(label-file="$(realpath "$1")")
  elif [ -n "$1" ]; then
    labels=(labels="$1")
  fi
}

# For the scripts of this folder. Source it; it goes to the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. pipelines/lib.sh

# Prints the head of the script that runs, for --help.
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
}

# For scripts that take no arguments but --help.
only_help() { # only_help "$@"
  case ${1:-} in
    '') ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      echo "unknown option $1; see $0 --help" >&2
      exit 2
      ;;
  esac
}

# Ends the script with the status of what this machine cannot do.
not_here() { # not_here REASON
  echo "$1"
  exit 77
}

# Sets up the machine, and clang on it: whoever only uses or builds vifi needs none.
need_clang() {
  ./setup.sh --quiet >&2 || exit 1
  if ! command -v clang++ >/dev/null || ! command -v llvm-symbolizer >/dev/null || ! has_sanitizers; then
    local packages=(clang llvm libclang-rt-dev)
    [ "$(id -u)" -eq 0 ] || not_here "clang is missing: apt-get install ${packages[*]}"
    echo "installing ${packages[*]}" >&2
    local apt=(apt-get -q -o Acquire::Retries=3)
    { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1 </dev/null ||
      not_here "clang is missing and could not be installed: apt-get install ${packages[*]}"
    has_sanitizers || not_here "this clang has no sanitizers"
  fi
}

has_sanitizers() {
  local runtime
  for runtime in fuzzer asan tsan; do
    [ -e "$(clang++ -print-file-name="libclang_rt.$runtime-$(uname -m).a")" ] || # named so before LLVM 19
      [ -e "$(clang++ -print-file-name="libclang_rt.$runtime.a")" ] || return 1
  done
}

# Configures build-NAME with clang, where that was not done yet.
configure_clang() { # configure_clang NAME "COMPILER_OPTIONS" MESON_OPTION...
  local folder=build-$1 flags=$2 compiler=clang++
  shift 2
  if [ -f "$folder/build.ninja" ]; then
    return
  fi
  if command -v ccache >/dev/null; then
    compiler="ccache clang++"
  fi
  echo "$folder: configuring" >&2
  CXX=$compiler CXXFLAGS="-O1 -g1 -fno-omit-frame-pointer $flags" run_quietly "$folder.log" meson setup "$folder" \
    --buildtype=plain -Db_lundef=false -Dbench=disabled -Dcuda=disabled "$@" || {
    rm -rf "$folder"
    exit 1
  }
}

# The build for AddressSanitizer and UndefinedBehaviorSanitizer, instrumented for libFuzzer too: build-asan.
configure_asan() {
  configure_clang asan -fsanitize=fuzzer-no-link -Db_sanitize=address,undefined -Dfuzz=true \
    "-Dtorch=${VIFI_TORCH:-${XDG_CACHE_HOME:-$HOME/.cache}/vifi/libtorch-2.11.0/torch}"
  export ASAN_OPTIONS=detect_odr_violation=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
}

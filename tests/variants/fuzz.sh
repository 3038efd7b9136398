#!/usr/bin/env bash
# Feeds mutated files, texts, frames and streams to whatever reads them, under AddressSanitizer and
# UndefinedBehaviorSanitizer; each target for a minute, two at a time.
# usage: tests/variants/fuzz.sh [--help] [TARGET...]
#
# Targets: bundle labels prepare sentencepiece stream tokenizer, and where libtorch is: checkpoint safetensors unpickler
# zip. They start from the golden cases (those of ../shared too where it is) and tests/data, and go on from where the
# last run ended (build-asan/corpus). An input that fails one is kept in build-asan/findings; the command that repeats
# it is printed. The last line is `N passed, N failed`, by targets. Needs clang, which is installed where it is missing.
# environment: VIFI_FUZZ_SECONDS  for each target (60)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
targets=()
for argument in "$@"; do
  case $argument in
    --help | -h)
      usage
      exit 0
      ;;
    -*)
      echo "unknown option $argument; see tests/variants/fuzz.sh --help" >&2
      exit 2
      ;;
    *) targets+=("$argument") ;;
  esac
done

need_clang
configure_asan
known=$(ninja -C build-asan -t targets all | sed -n 's|^tests/fuzz/fuzz-\([a-z]*\): .*|\1|p' | sort)
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets <<<"$known"
fi
for target in "${targets[@]}"; do
  grep -qx "$target" <<<"$known" || { echo "unknown target $target; this build has:" $known >&2; exit 2; }
done
run_quietly build-fuzz.log ninja -C build-asan -j "$(build_jobs)" "${targets[@]/#/tests/fuzz/fuzz-}" || exit 1
python3 tests/fuzz/seeds.py build-asan/seeds
mkdir -p build-asan/findings
echo "built in $SECONDS s"

export seconds=${VIFI_FUZZ_SECONDS:-60}
fuzz() { # fuzz TARGET
  local program=build-asan/tests/fuzz/fuzz-$1 log=build-asan/findings/$1.log input
  mkdir -p "build-asan/corpus/$1" "build-asan/seeds/$1"
  if "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="build-asan/findings/$1-" "build-asan/corpus/$1" "build-asan/seeds/$1" >"$log" 2>&1; then
    echo "passed: $1 ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs," \
      "$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+' || echo no) edges covered)"
    return
  fi
  echo "failed: $1; its whole output is in $log"
  grep -E -A25 'ERROR|runtime error|fuzz: ' "$log" | head -n 40 || tail -n 20 "$log"
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  if [ -n "$input" ]; then
    echo "the input that failed it: $input"
    echo "again: ASAN_OPTIONS=$ASAN_OPTIONS UBSAN_OPTIONS=$UBSAN_OPTIONS $program $input"
  fi
}
export -f fuzz
results=$(printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'fuzz {}')
echo "$results"
passed=$(grep -c '^passed: ' <<<"$results" || true)
echo "$passed passed, $((${#targets[@]} - passed)) failed"
[ "$passed" -eq ${#targets[@]} ]

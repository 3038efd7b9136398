#!/usr/bin/env bash
# Runs the scripts a user meets first, against a build that exists.
# usage: tests/scripts/run.sh BUILD
set -euo pipefail
export VIFI_BUILD=${1:?usage: tests/scripts/run.sh BUILD}
cd "$(dirname "$0")/../.."
unset VIFI_DEFAULT_MODEL GST_PLUGIN_PATH_1_0 DISPLAY WAYLAND_DISPLAY

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
expect_status() { # expect_status STATUS COMMAND...
  local expected=$1 status=0
  shift
  "$@" >/dev/null 2>&1 || status=$?
  [ "$status" -eq "$expected" ] || fail "$*: exit status $status, expected $expected"
}

for script in setup.sh pipelines/demo.sh pipelines/file.sh tests/run.sh tests/bench/soak.sh tests/bench/inspect.sh; do
  echo "$script --help"
  "./$script" --help | grep -q '^usage: ' || fail "$script --help shows no usage"
done
expect_status 2 ./setup.sh --no-such-option
expect_status 2 pipelines/demo.sh --no-such-option
expect_status 2 pipelines/file.sh
expect_status 1 pipelines/file.sh no-such-file.mp4

echo "names with quotes, semicolons and other alphabets survive the table"
table=$(LC_ALL=C awk -f pipelines/results.awk <<'MESSAGE'
Got message #55 from element "vificlip0" (element): vificlip-result, seq=(guint64)1, start=(guint64)1000000000, end=(guint64)5000000000, labels=(string)< "caf\303\251\ \"x\"\ \;", b >, scores=(double)< 0.5, 0.1 >, accepted=(boolean)true;
MESSAGE
)
case $table in
  *'1.00    5.00 s  café "x" ; '*'50.0 %'*) ;;
  *) fail "got: $table" ;;
esac

if [ -e "$VIFI_BUILD/libvifi/engine/libvifi-torch.so" ]; then
  echo "pipelines/demo.sh"
  pipelines/demo.sh | tail -n 1 | grep -q '^4 of 4 scenes recognised: playing a guitar, ' || fail "pipelines/demo.sh"
  echo "pipelines/file.sh"
  pipelines/file.sh pipelines/media/demo.mp4 'climbing up a ladder;bouncing a ball' | tail -n 1 | grep -q 'bouncing a ball' ||
    fail "pipelines/file.sh"
fi

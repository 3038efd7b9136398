#!/usr/bin/env bash
# Counts the frames that this machine's GStreamer decodes of each clip of a list: a column of tests/data/clips/counts.txt.
# usage: tests/support/count_frames.sh FOLDER     (FOLDER holds clips.json)
#
# Prints `frames file` a line, sorted by file. A clip without an end is given ten seconds.
set -euo pipefail
case ${1:-} in
  '' | --help | -h)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
cd "$1"
python3 -c 'import json; print("\n".join(sorted(c["file"] for c in json.load(open("clips.json"))["clips"] if "members" not in c)))' |
  while IFS= read -r file; do
    [ -f "$file" ] || continue
    frames=$(timeout 10 gst-launch-1.0 -v filesrc location="$file" ! decodebin ! videoconvert ! fakesink silent=false sync=false \
      2>/dev/null </dev/null | grep -c 'last-message = chain' || true)
    echo "$frames $file"
  done

#!/usr/bin/env bash
# Makes an HTTP Live Streaming folder of a video, with its actions as a subtitle track and, if wanted, on the picture.
# usage: pipelines/hls.sh [OPTIONS] VIDEO FOLDER
#
#   VIDEO             a file or a URI
#   FOLDER            gets master.m3u8, the video's and the subtitles' playlists, and the segments
#   --labels LABELS   names separated by ';', or a file with one name a line (default: the model's own)
#   --segment S       length of a segment in seconds (default: 6)
#   --burn-in         draw labels, scores and events on the picture as well
#   --bitrate KBIT    of the video (default: 2500)
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# A subtitle stands for each event, from its start to its end. Any web server can serve the folder.
# example: pipelines/hls.sh match.mp4 /srv/www/match && ffplay /srv/www/match/master.m3u8
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
names='' segment=6 burn_in=() bitrate=2500 ends=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --burn-in) burn_in=(vificlipoverlay ! videoconvert !) ;;
    --labels | --segment | --bitrate)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in --labels) names=$2 ;; --segment) segment=$2 ;; --bitrate) bitrate=$2 ;; esac
      shift
      ;;
    --*) usage_error "$script" "unknown option $1" ;;
    *) ends+=("$1") ;;
  esac
  shift
done
[ ${#ends[@]} -eq 2 ] || usage_error "$script" "one VIDEO and one FOLDER are needed"
uri=$(uri_of "${ends[0]}") || exit 1
mkdir -p "${ends[1]}"
folder=$(realpath "${ends[1]}")
label_arguments "$names"
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

# The subtitles are final when their events have ended, so they are written beside the video. hlssink2 cuts at key
# frames, which it asks the encoder for.
recognise uridecodebin uri="$uri" ! vificlip "${labels[@]}" ! vificlipextract name=x cues=events ! videoconvert ! "${burn_in[@]}" \
  x264enc bitrate="$bitrate" speed-preset=veryfast ! h264parse \
  ! hlssink2 location="$folder/video%05d.ts" playlist-location="$folder/video.m3u8" target-duration="$segment" max-files=0 playlist-length=0 \
  x.text ! queue ! webvttenc ! filesink location="$folder/labels.plain.vtt"

# The segments' time stamps begin at another time than the subtitles': the map tells players so.
first_time_stamp() { # first_time_stamp SEGMENT: of its first picture, in 1/90000 s
  python3 - "$1" <<'PROGRAM'
import sys

data = open(sys.argv[1], "rb").read()
for at in range(0, len(data), 188):
    packet = data[at : at + 188]
    payload = 5 + packet[4] if packet[3] & 0x20 else 4  # behind the adaptation field
    if packet[1] & 0x40 and packet[payload : payload + 3] == b"\0\0\1":  # a PES packet begins
        p = packet[payload + 9 : payload + 14]
        print((p[0] >> 1 & 7) << 30 | p[1] << 22 | p[2] >> 1 << 15 | p[3] << 7 | p[4] >> 1)
        break
PROGRAM
}
offset=$(first_time_stamp "$folder/video00000.ts")
{
  echo WEBVTT
  echo "X-TIMESTAMP-MAP=MPEGTS:$offset,LOCAL:00:00:00.000"
  sed 1d "$folder/labels.plain.vtt"
} >"$folder/labels.vtt"
rm "$folder/labels.plain.vtt"
length=$(awk -F'[:,]' '/^#EXTINF/ { sum += $2 } END { print sum }' "$folder/video.m3u8")
cat >"$folder/labels.m3u8" <<PLAYLIST
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:$(awk "BEGIN { print int($length) + 1 }")
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:$length,
labels.vtt
#EXT-X-ENDLIST
PLAYLIST
cat >"$folder/master.m3u8" <<PLAYLIST
#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="labels",NAME="Actions",DEFAULT=YES,AUTOSELECT=YES,URI="labels.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=$((bitrate * 1200)),SUBTITLES="labels"
video.m3u8
PLAYLIST
echo "hls: $folder/master.m3u8" >&2

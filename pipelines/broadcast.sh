#!/usr/bin/env bash
# Reads a broadcast (MPEG-TS), names its actions, and sends it on with results and events as KLV, and subtitles where wanted.
# usage: pipelines/broadcast.sh [OPTIONS] INPUT OUTPUT
#
#   INPUT, OUTPUT     udp://HOST:PORT (multicast too), srt://HOST:PORT, or a file
#   --labels LABELS   names separated by ';', or a file with one name a line (default: the model's own)
#   --burn-in         draw labels, scores and events on the picture as well
#   --bitrate KBIT    of the video (default: 4000)
#   --audio           the input has sound (AAC): send it on as it is
#   --dvb             also send the labels as DVB subtitles (with GStreamer 1.22.0 only parts of the letters are to be seen)
#   --subtitles FILE  also write the labels as SubRip subtitles, one for each result
# environment: VIFI_DEFAULT_MODEL  bundle or checkpoint (default: the bundled model, which knows drawn people only)
# Interlaced video is recognised as it is and deinterlaced before it is encoded. docs/klv.md
# describes the KLV. A device that fails takes the labels off the air, not the programme.
# example: pipelines/broadcast.sh --labels 'a goal is scored;a foul;players walk' udp://239.1.1.1:5000 udp://239.1.1.2:5000
set -euo pipefail
script=$0
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/pipelines/lib.sh"
names='' burn_in=() bitrate=4000 audio=() subtitles=() dvb=() ends=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) show_help "$script"; exit 0 ;;
    --burn-in) burn_in=(vificlipoverlay ! videoconvert !) ;;
    --audio) audio=(d. ! queue ! aacparse ! queue ! m.) ;;
    --dvb) dvb=(s. ! queue ! textrender valignment=bottom ypad=40 font-desc="Sans 26" ! "video/x-raw,format=AYUV,width=720,height=576"
      ! dvbsubenc ! queue ! m.) ;;
    --labels | --bitrate | --subtitles)
      [ $# -ge 2 ] || usage_error "$script" "$1 needs a value"
      case $1 in
        --labels) names=$2 ;;
        --bitrate) bitrate=$2 ;;
        --subtitles) subtitles=(s. ! queue ! srtenc ! filesink location="$(realpath "$2")") ;;
      esac
      shift
      ;;
    --*) usage_error "$script" "unknown option $1" ;;
    *) ends+=("$1") ;;
  esac
  shift
done
[ ${#ends[@]} -eq 2 ] || usage_error "$script" "one INPUT and one OUTPUT are needed"

host_of() { local address=${1#*://}; echo "${address%:*}"; }
port_of() { echo "${1##*:}"; }
live=true
case ${ends[0]} in
  udp://*) source=(udpsrc address="$(host_of "${ends[0]}")" port="$(port_of "${ends[0]}")" buffer-size=8388608
    caps="video/mpegts,systemstream=true,packetsize=188") ;;
  srt://*) source=(srtsrc uri="${ends[0]}") ;;
  *)
    [ -f "${ends[0]}" ] || { echo "${ends[0]}: no such file" >&2; exit 1; }
    source=(filesrc location="$(realpath "${ends[0]}")")
    live=false
    ;;
esac
case ${ends[1]} in
  udp://*) sink=(udpsink host="$(host_of "${ends[1]}")" port="$(port_of "${ends[1]}")") ;;
  srt://*) sink=(srtsink uri="${ends[1]}") ;;
  *) sink=(filesink location="$(realpath "${ends[1]}")") ;;
esac
case ${ends[1]} in *://*) sink+=(sync="$($live && echo false || echo true)") ;; esac
label_arguments "$names"
cd "$here"
prepare_build "${runtime_targets[@]}"
. pipelines/env.sh

# Ctrl-C ends the streams properly (-e).
gst-launch-1.0 -e -m "${source[@]}" ! tsdemux name=d \
  d. ! video/x-h264 ! queue ! decodebin ! vificlip "${labels[@]}" on-error=passthrough \
  ! vificlipextract name=x ! deinterlace mode=auto ! videoconvert ! "${burn_in[@]}" \
  x264enc tune=zerolatency bitrate="$bitrate" key-int-max=50 ! h264parse ! queue max-size-time=3000000000 max-size-bytes=0 \
  ! mpegtsmux name=m alignment=7 ! "${sink[@]}" \
  x.klv ! queue ! m. \
  x.text ! tee name=s allow-not-linked=true "${dvb[@]}" "${subtitles[@]}" "${audio[@]}" | LC_ALL=C awk -f pipelines/results.awk

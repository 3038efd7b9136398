#include "read_error.h"

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

namespace vifi {
namespace {

std::string operation(const std::string& input) { return "[read video] " + input + ": "; }

/// Debian's packages; elsewhere the names differ little.
std::string package_for(const std::string& what) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kPackages{{
      {"AV1", "gstreamer1.0-plugins-bad (av1dec) or gstreamer1.0-libav"},
      {"VP8", "gstreamer1.0-plugins-good"},
      {"VP9", "gstreamer1.0-plugins-good"},
      {"HTTP", "gstreamer1.0-plugins-good (souphttpsrc)"},
      {"http", "gstreamer1.0-plugins-good (souphttpsrc)"},
      {"RTSP", "gstreamer1.0-plugins-good (rtspsrc)"},
      {"RTMP", "gstreamer1.0-plugins-bad (rtmp2src)"},
      {"SRT", "gstreamer1.0-plugins-bad (srtsrc)"},
  }};
  for (const auto& [word, package] : kPackages) {
    if (what.find(word) != std::string::npos) return std::string(package);
  }
  return "gstreamer1.0-libav (H.264, HEVC, MPEG and most others)";
}

Error missing_error(const std::string& input, const std::vector<std::string>& missing) {
  std::string names;
  for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
  return Error(ErrorCode::unsupported, operation(input) + "GStreamer has no plugin for: " + names,
               "install " + package_for(missing.front()) + "; `vifi doctor` lists what is there");
}

ErrorCode code_of(const GError& error) {
  if (error.domain == GST_RESOURCE_ERROR) {
    return error.code == GST_RESOURCE_ERROR_NOT_FOUND ? ErrorCode::not_found : ErrorCode::unreadable;
  }
  if (error.domain == GST_CORE_ERROR) {
    return error.code == GST_CORE_ERROR_MISSING_PLUGIN ? ErrorCode::unsupported : ErrorCode::internal;
  }
  return ErrorCode::corrupt;
}

}  // namespace

Error read_error(const std::string& input, const GError& error, const std::vector<std::string>& missing) {
  if (!missing.empty()) return missing_error(input, missing);
  const std::string cause = error.message;
  if (error.domain == GST_STREAM_ERROR) {
    switch (error.code) {
      case GST_STREAM_ERROR_TYPE_NOT_FOUND:
      case GST_STREAM_ERROR_WRONG_TYPE:
        return Error(ErrorCode::corrupt, operation(input) + "not a media file (" + cause + ")",
                     "give a video file; `file` and `gst-discoverer-1.0` tell what this one is");
      case GST_STREAM_ERROR_DEMUX:
        return Error(ErrorCode::corrupt, operation(input) + "no playable stream in it (" + cause + ")",
                     "the file is empty or was cut off before its index was written; record or copy it again");
      default: break;
    }
  }
  if (code_of(error) == ErrorCode::not_found) {
    return Error(ErrorCode::not_found, operation(input) + cause, "check the address");
  }
  return Error(code_of(error), operation(input) + cause, "`gst-discoverer-1.0 -v` shows where reading fails");
}

Error no_video_error(const std::string& input, const std::vector<std::string>& missing) {
  if (!missing.empty()) return missing_error(input, missing);
  return Error(ErrorCode::unsupported, operation(input) + "there is no video stream in it, expected at least one",
               "sound and cover pictures cannot be classified; give a file with video");
}

Error no_frame_error(const std::string& input, std::int64_t waited_ns) {
  std::ostringstream seconds;
  seconds << static_cast<double>(waited_ns) / 1e9;
  return Error(ErrorCode::unreadable, operation(input) + "no frame came within " + seconds.str() + " s",
               "the file is damaged or its source is silent; a longer time limit helps with slow sources");
}

}  // namespace vifi

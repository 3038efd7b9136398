#include "vifi/media_report.h"

#include <gst/gst.h>

#include "gst_handles.h"
#include "vifi/error.h"

namespace vifi {
namespace {

bool is_installed(const std::string& element) {
  using FactoryHandle = std::unique_ptr<GstElementFactory, Freed<gst_object_unref>>;
  return FactoryHandle(gst_element_factory_find(element.c_str())) != nullptr;
}

}  // namespace

MediaReport inspect_media() {
  if (!gst_init_check(nullptr, nullptr, nullptr)) {
    throw Error(ErrorCode::internal, "[inspect media] GStreamer does not start", "reinstall gstreamer1.0-plugins-base");
  }
  MediaReport report;
  const TextHandle version(gst_version_string());
  report.version = version.get();
  const std::string base = "gstreamer1.0-plugins-base";
  const std::string good = "gstreamer1.0-plugins-good";
  const std::string bad = "gstreamer1.0-plugins-bad";
  const std::string libav = "gstreamer1.0-libav";
  report.elements = {
      {"uridecodebin", "opening files and addresses", base, false, true},
      {"appsink", "handing frames over", base, false, true},
      {"vificlip", "the pipeline element", "vifi (GST_PLUGIN_PATH_1_0 shows GStreamer where it is)"},
      {"qtdemux", "MP4 and MOV", good},
      {"matroskademux", "Matroska and WebM", good},
      {"avidemux", "AVI", good},
      {"tsdemux", "MPEG transport streams", bad},
      {"h264parse", "H.264 streams", bad},
      {"avdec_h264", "H.264 pictures", libav},
      {"avdec_h265", "HEVC pictures", libav},
      {"vp9dec", "VP8 and VP9 pictures", good},
      {"av1dec", "AV1 pictures", bad},
      {"hlsdemux", "HLS", bad},
      {"rtspsrc", "RTSP cameras", good},
      {"souphttpsrc", "HTTP addresses", good},
  };
  for (MediaElement& element : report.elements) element.found = is_installed(element.name);
  return report;
}

}  // namespace vifi

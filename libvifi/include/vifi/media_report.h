#pragma once

#include <string>
#include <vector>

#include "vifi/export.h"

namespace vifi {

struct MediaElement {
  std::string name;      ///< GStreamer element
  std::string purpose;   ///< "MP4 and MOV files"
  std::string package;   ///< Debian package that brings it
  bool found = false;
  bool required = false; ///< nothing can be read without it
};

/// What this machine's GStreamer can read. Part of libvifi-media.
struct MediaReport {
  std::string version;   ///< "GStreamer 1.22.0"
  std::vector<MediaElement> elements;
};

VIFI_API MediaReport inspect_media();

}  // namespace vifi

#pragma once

#include <gst/gst.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vifi::testing {

struct PlayedFrame {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  std::string checksum;  ///< of the visible bytes: what pads the rows is undefined
  bool told = false;     ///< carries VifiActionMeta
};

/// What arrived at the sink of a pipeline, and how that ended.
struct Playback {
  std::string end;  ///< "EOS", "error <domain> <code>", or "no end" where nothing more came within the time limit
  std::string text; ///< the error's
  std::vector<PlayedFrame> frames;
  int tails = 0;    ///< vifi-tail events
};

/// Plays the first video of a file: `filesrc ! decodebin ! middle ! fakesink`. Further streams are drained; where there
/// is no video nothing is linked, as with gst-launch-1.0.
/// @param middle  an element, as in a launch line
Playback play(const std::filesystem::path& file, const std::string& middle);

}  // namespace vifi::testing

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/recogniser.h"
#include "vifi/video_reader.h"

namespace vifi {

/// What a video turned out to be.
struct VideoExtent {
  std::int64_t frames = 0;
  std::int64_t start_ns = 0;  ///< stream time of the first frame
  std::int64_t end_ns = 0;    ///< of the last frame, plus one mean frame interval
  bool timed_out = false;     ///< the source fell silent instead of ending
};

struct WholeVideo {
  Result result;
  VideoExtent extent;
};

/// Called with what became known by the time of a frame. @param pts_ns  stream time of that frame
using DeliverOutcome = std::function<void(const Outcome& outcome, std::int64_t pts_ns)>;

/// Classifies a video in sliding windows: what the element does with it. Part of libvifi-media.
/// @throws Error; what was delivered until then is valid
VIFI_API VideoExtent classify_stream(const std::string& input, std::shared_ptr<ModelHost> host,
                                     std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options,
                                     const ReaderOptions& reading, const DeliverOutcome& deliver);

/// Classifies a video as one: `options.frames` frames by `test_frame_indices`, square pixels taken for granted as the
/// reference does, one score. Decodes twice. The result covers the whole video; window, hop and events are not used.
/// Part of libvifi-media. @throws Error
VIFI_API WholeVideo classify_video(const std::string& input, std::shared_ptr<ModelHost> host,
                                   std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options,
                                   const ReaderOptions& reading = {});

/// Embedding of a whole video, from the same frames. Part of libvifi-media.
/// @param frames  0: the model's own number
/// @return        [E], L2-normalised
VIFI_API std::vector<float> embed_video(const std::string& input, Model& model, int frames = 0,
                                        const ReaderOptions& reading = {});

}  // namespace vifi

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "stream/frame_sampler.h"
#include "stream/window_scorer.h"
#include "vifi/recogniser.h"

namespace vifi {

/// The two halves, which may run on two threads.
class Recogniser::Impl {
 public:
  Impl(std::shared_ptr<ModelHost> model_host, std::shared_ptr<const LabelBank> labels,
       const RecogniserOptions& options, Prepare prepare);

  StreamStats stats() const;

  std::shared_ptr<ModelHost> host;
  FrameSampler sampler;
  WindowScorer scorer;
  std::atomic<std::uint64_t> resets{0};
};

/// `options` for a recogniser that runs with `current`: zeros keep the window, and take the model's temperature.
/// @throws Error(invalid_argument), also for another window
RecogniserOptions changed(const RecogniserOptions& current, RecogniserOptions options, const ModelInfo& info);

}  // namespace vifi

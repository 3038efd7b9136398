#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vifi/event_detector.h"
#include "vifi/export.h"
#include "vifi/frame.h"
#include "vifi/model_host.h"
#include "vifi/result.h"

namespace vifi {

/// 0 means: what the model's bundle says.
struct RecogniserOptions {
  int frames = 0;               ///< samples per window
  std::int64_t window_ns = 0;
  std::int64_t hop_ns = 0;
  double temperature = 0;
  int top_k = 5;
  double threshold = 0;         ///< results whose best score is below are not accepted
  EventOptions events;
};

struct StreamStats {
  std::uint64_t frames_seen = 0;
  std::uint64_t frames_sampled = 0;       ///< encoded, each once
  std::uint64_t samples = 0;              ///< grid points represented
  std::uint64_t samples_dropped = 0;      ///< frames that were sampled but overtaken (async)
  std::uint64_t results = 0;
  std::uint64_t events = 0;
  std::uint64_t resets = 0;
  std::int64_t prepare_ns_total = 0;
  double sampling_rate = 0;               ///< samples encoded per second of stream time, newest window
};

/// A frame that represents `points` grid points, ready for the encoder.
struct Sample {
  PreparedFrame frame;
  std::int64_t pts_ns = 0;
  int points = 1;
  bool reset_before = false;  ///< the stream jumped: windows start anew with this frame
  FrameTag tag;
};

/// One stream: frames in, results and events out. push, sample, process, finish, reset: one thread, or `sample`
/// on one and the rest on another.
class VIFI_API Recogniser {
 public:
  /// @throws Error(invalid_argument)
  Recogniser(std::shared_ptr<ModelHost> host, std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options);
  ~Recogniser();

  /// Both halves in a row; waits for the encoder.
  Outcome push(const FrameView& frame);

  /// First half: nothing where the frame represents no grid point.
  std::optional<Sample> sample(const FrameView& frame);
  /// Second half: encodes, keeps the state, scores the windows that are complete.
  Outcome process(Sample sample);

  /// The stream ended: a last result for what none has covered yet, the ends of open events; then as after `reset`.
  Outcome finish();
  /// Forgets the window and closes events silently; results and events count on.
  void reset();

  /// From the next result on. Ends the events of labels that are gone.
  Outcome set_labels(std::shared_ptr<const LabelBank> labels);
  /// top_k, threshold, temperature and events may change at any time; the window may not.
  /// @throws Error(invalid_argument)
  void set_options(const RecogniserOptions& options);

  const RecogniserOptions& options() const;  ///< with the bundle's values filled in
  StreamStats stats() const;                 ///< any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi

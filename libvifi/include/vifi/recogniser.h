#pragma once

#include <cstdint>
#include <functional>
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
  double skip_unchanged = 0;    ///< a picture that differs less from the one encoded last takes its state; luma, 0..1
  EventOptions events;
};

struct StreamStats {
  std::uint64_t frames_seen = 0;
  std::uint64_t frames_sampled = 0;       ///< encoded, each once
  std::uint64_t frames_unchanged = 0;     ///< sampled, but not encoded: they look like the one before
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
  std::int64_t first_point = 0;  ///< index on the grid of the first point it represents
  std::int64_t base_ns = 0;      ///< time of the grid's point 0
  bool reset_before = false;     ///< the stream jumped: windows start anew with this frame
  std::uint64_t epoch = 0;       ///< number of `reset` and `finish` calls before it; of an older one: ignored
  FrameTag tag;
};

/// Turns a frame into the model's input.
using Prepare = std::function<void(const FrameView&, PreparedFrame&)>;

/// One stream: frames in, results and events out. push, sample, process, finish, reset: one thread, or `sample`
/// on one and the rest on another.
class VIFI_API Recogniser {
 public:
  /// @param prepare  called on the thread of `sample`; empty: on the device where the frame is there and the model
  ///                 can, else by a Preparer for the model's input
  /// @throws Error(invalid_argument)
  Recogniser(std::shared_ptr<ModelHost> host, std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options,
             Prepare prepare = {});
  ~Recogniser();

  /// Both halves in a row; waits for the encoder.
  Outcome push(const FrameView& frame);

  /// First half: nothing where the frame represents no grid point, or is older than its predecessor. A jump of more
  /// than a window, forward or back, starts a new grid.
  /// @throws Error(invalid_argument) for a time beyond 2^62 ns, and what the preparation throws
  std::optional<Sample> sample(const FrameView& frame);
  /// Second half: encodes, keeps the state, scores the windows that are complete. Grid points that lie between the
  /// sample before and this one (it was dropped, or failed) are taken to show this one. After a jump open events end.
  /// When it throws, windows start anew with the next sample.
  Outcome process(Sample sample);

  /// The stream ended: a last result for what none has covered yet, the ends of open events; then as after `reset`.
  Outcome finish();
  /// Forgets the window and closes events silently; results and events count on.
  void reset();

  /// From the next result on. Ends the events of labels that are gone.
  Outcome set_labels(std::shared_ptr<const LabelBank> labels);
  /// top_k, threshold, skip_unchanged, temperature and events may change at any time; the window may not (0 keeps it).
  /// @throws Error(invalid_argument)
  void set_options(const RecogniserOptions& options);

  const RecogniserOptions& options() const;  ///< with the bundle's values filled in
  StreamStats stats() const;                 ///< any thread

 private:
  friend class AsyncRecogniser;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stream/change_gate.h"
#include "stream/state_ring.h"
#include "stream/window_clock.h"
#include "vifi/recogniser.h"

namespace vifi {

/// The options with the model's values in the place of zeros.
/// @throws Error(invalid_argument)
RecogniserOptions resolved(RecogniserOptions options, const ModelInfo& info);

/// @throws Error(invalid_argument) without a bank, Error(internal) for one that the model can't have made
void check_bank(const LabelBank* bank, const ModelInfo& info);

/// A recogniser's second half: from samples to results and events. One thread at a time, but for the counters.
class WindowScorer {
 public:
  /// @param options  resolved
  /// @throws Error(invalid_argument, internal)
  WindowScorer(std::shared_ptr<ModelHost> host, std::shared_ptr<const LabelBank> labels,
               const RecogniserOptions& options);

  Outcome process(Sample sample);
  Outcome finish();
  Outcome set_labels(std::shared_ptr<const LabelBank> labels);
  /// @param options  resolved, with the same window
  void set_options(const RecogniserOptions& options);
  const RecogniserOptions& options() const { return options_; }

  /// Forgets everything that belongs to an older epoch.
  void enter(std::uint64_t epoch);

  void fill(StreamStats& stats) const;  ///< any thread

 private:
  struct Window {
    std::int64_t first_point;
    std::int64_t end_point;  ///< exclusive
  };

  void clear();
  /// @param encoded  set to whether the encoder made it
  std::vector<float> state_of(PreparedFrame frame, bool& encoded);
  void keep(const Sample& sample, std::span<const float> state, bool encoded, std::vector<float>& states,
            std::vector<Window>& windows);
  void score(std::vector<float> states, int frames, const std::vector<Window>& windows);
  Result result_of(std::span<const float> logits, std::span<const float> probabilities, const Window& window);
  void add(std::vector<Event> events);

  std::shared_ptr<ModelHost> host_;
  std::shared_ptr<const LabelBank> labels_;
  RecogniserOptions options_;
  ChangeGate gate_;
  StateRing ring_;
  WindowClock clock_;
  EventDetector events_;
  std::uint64_t epoch_ = 0;
  std::int64_t base_ns_ = 0;      // of the grid
  std::int64_t first_point_ = 0;  // grid index of the clock's sample 0
  std::int64_t newest_pts_ns_ = 0;
  FrameTag newest_tag_;
  std::uint64_t next_seq_ = 0;
  Outcome outcome_;               // handed out by the next call that returns; survives one that throws

  std::atomic<std::uint64_t> frames_sampled_{0};
  std::atomic<std::uint64_t> frames_unchanged_{0};
  std::atomic<std::uint64_t> samples_{0};
  std::atomic<std::uint64_t> results_{0};
  std::atomic<std::uint64_t> events_started_{0};
  std::atomic<double> sampling_rate_{0};
};

}  // namespace vifi

#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

#include <vifi/async_recogniser.h>
#include <vifi/model_host.h>
#include <vifi/recogniser.h>

#include "settings.h"

namespace vifi::gst {

/// Calls `use` with a view of the picture at hand; `use` says whether it took it there, in host or device memory.
using ReadPicture = std::function<void(const std::function<bool(const FrameView&)>& use)>;

/// What runs between start and stop: a share in a model, and the recogniser of one stream, in the streaming thread
/// (sync) or behind a worker (async). Members: streaming thread only, but where stated.
class Session {
 public:
  /// Loads the model, or joins a running one, and embeds the labels. Takes as long as that takes.
  /// @param read  called in `push` for frames that are sampled, so that no other is mapped or converted
  /// @throws Error
  Session(const Settings& settings, ReadPicture read);
  ~Session();

  const ModelInfo& model() const { return host_->info(); }  ///< any thread
  std::int64_t period_ns() const;                           ///< time between two samples
  /// What one frame takes, measured before the first; 0 unless the mode is `sync`.
  std::int64_t warm_up_ns() const { return warm_up_ns_; }

  bool begun() const { return begun_; }
  /// Settles the mode. Call before the first `push`.
  void begin(bool live);
  bool async() const;  ///< any thread

  /// Takes over a new label set that is ready, if any; ends the events of labels that are gone.
  /// @throws Error if it could not be embedded; the old labels stay
  Outcome take_over_labels();
  /// @throws Error
  Outcome push(std::int64_t stream_ns, FrameTag tag);
  /// The last result and the ends of events.
  Outcome finish();
  /// @throws what the worker met since the last frame (async); in sync the frame itself told
  void check();
  /// Forgets the window.
  void reset();
  void set_options(const RecogniserOptions& options);

  /// Wakes whoever waits in `push` or `finish`; they bring nothing. Any thread.
  void flush();
  /// Has the labels embedded; `take_over_labels` finds them later. Any thread.
  /// @throws Error if they make no label set; the old labels stay
  void request_labels(const LabelSettings& labels);
  /// The newest labels that were valid. Any thread.
  LabelSettings labels() const;

  StreamStats stats() const;                            ///< any thread
  HostStats host_stats() const { return host_->stats(); }  ///< any thread

 private:
  struct PendingLabels {
    LabelSettings settings;
    std::shared_future<std::shared_ptr<const LabelBank>> bank;
  };

  std::int64_t measure_encoder();

  const Mode mode_;
  std::shared_ptr<ModelHost> host_;
  std::int64_t warm_up_ns_ = 0;
  std::int64_t period_ns_ = 0;
  bool begun_ = false;

  mutable std::mutex mutex_;  // protects what follows; the streaming thread alone changes the recognisers
  std::unique_ptr<Recogniser> recogniser_;  // until `begin` chooses async
  std::unique_ptr<AsyncRecogniser> async_;
  LabelSettings labels_;
  std::optional<PendingLabels> pending_;
};

}  // namespace vifi::gst

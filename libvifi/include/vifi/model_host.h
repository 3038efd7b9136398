#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "vifi/export.h"
#include "vifi/model.h"

namespace vifi {

struct HostOptions {
  int batch_size = 8;                      ///< most frames in one encoder pass, over all streams
  std::int64_t batch_timeout_ns = 0;       ///< longest wait of a frame for others to fill its batch

  bool operator==(const HostOptions&) const = default;
};

struct HostStats {
  std::uint64_t frames_encoded = 0;
  std::uint64_t batches = 0;
  std::int64_t encode_ns_total = 0;
  std::int64_t last_encode_ns = 0;         ///< of the newest batch
};

/// Shares one model between streams: runs it on a thread of its own, gathers the frames of several streams into
/// batches, embeds label sets in between. All members: any thread.
class VIFI_API ModelHost {
 public:
  /// The running host of the same options and instance, or a new one. Lives as long as somebody holds it.
  static std::shared_ptr<ModelHost> get(const ModelOptions& options, const HostOptions& host = {},
                                        std::string_view instance_id = {});

  ModelHost(std::shared_ptr<Model> model, const HostOptions& options);
  ~ModelHost();  ///< pending work fails with Error(cancelled)
  ModelHost(const ModelHost&) = delete;
  ModelHost& operator=(const ModelHost&) = delete;

  const ModelInfo& info() const;
  Model& model();  ///< for prepare_on_device; everything else goes through the host

  /// State of one frame, [state_size]. The future carries the model's error. Waits while the queue is full: it holds
  /// 64 frames, or four batches where that is more.
  std::future<std::vector<float>> encode(PreparedFrame frame);

  /// Waits. @param states [W, frames, state_size] @return logits [W, L]
  std::vector<float> score(std::vector<float> states, int frames, std::shared_ptr<const LabelBank> bank);

  /// Text features; equal sets are embedded once. Never holds frames up for longer than one chunk of prompts.
  std::shared_future<std::shared_ptr<const LabelBank>> embed(const LabelSet& labels);

  HostStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi

#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "vifi/export.h"
#include "vifi/recogniser.h"

namespace vifi {

/// A recogniser behind a worker thread and a bounded queue: no frame ever waits for the encoder. When the queue is
/// full its oldest sample is dropped and its grid points pass to the next. Members: any thread but where stated.
class VIFI_API AsyncRecogniser {
 public:
  AsyncRecogniser(std::unique_ptr<Recogniser> recogniser, std::size_t queue_length);
  ~AsyncRecogniser();  ///< discards and joins

  /// Streaming thread. Prepares and enqueues; returns at once.
  void push(const FrameView& frame);
  /// What was finished since the last call. @throws the worker's Error, once
  Outcome take();
  /// Waits until the queue is empty and the worker idle (tests; EOS). Woken by flush.
  void drain();
  /// Drains, then the recogniser's last result and event ends.
  Outcome finish();
  /// Discards queue and window; wakes whoever waits in drain or finish.
  void flush();

  void set_labels(std::shared_ptr<const LabelBank> labels);
  void set_options(const RecogniserOptions& options);
  StreamStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi

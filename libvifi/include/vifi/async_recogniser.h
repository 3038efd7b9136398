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
  /// @param queue_length  most samples that wait, > 0
  /// @throws Error(invalid_argument)
  AsyncRecogniser(std::unique_ptr<Recogniser> recogniser, std::size_t queue_length);
  ~AsyncRecogniser();  ///< discards and joins

  /// Streaming thread. Prepares and enqueues; returns at once. @throws what the preparation throws
  void push(const FrameView& frame);
  /// What was finished since the last call. @throws the worker's Error, once
  Outcome take();
  /// Waits until the queue is empty and the worker idle (tests; EOS). Woken by flush.
  void drain();
  /// Streaming thread. Drains; then what was not taken yet, the recogniser's last result and event ends. Nothing when
  /// a flush came between. An error of the worker stays for `take`. @throws the last result's Error
  Outcome finish();
  /// Discards queue, window and what was not taken yet, errors too; wakes whoever waits in drain or finish.
  void flush();

  /// From the next sample on; what it ends comes with `take`. @throws Error(invalid_argument, internal)
  void set_labels(std::shared_ptr<const LabelBank> labels);
  /// From the next sample on. @throws Error(invalid_argument)
  void set_options(const RecogniserOptions& options);
  StreamStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi

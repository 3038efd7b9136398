#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "data/random.h"

namespace vifi::train {

/// Makes clips; used by one thread.
class ClipReader {
 public:
  virtual ~ClipReader() = default;
  /// @param random  for augmentation: keyed by (seed, epoch, sample), so that no other sample matters
  /// @param images  [T, 3, S, S] of the source's shape, all of it written
  /// @throws Error naming the sample
  virtual void read(std::size_t sample, Random& random, std::span<float> images) = 0;
};

/// What a loader loads: labelled clips of one shape, known by their numbers. Any thread.
class ClipSource {
 public:
  virtual ~ClipSource() = default;
  virtual std::size_t size() const = 0;
  virtual std::array<std::int64_t, 4> shape() const = 0;  ///< T (all views), C, H, W
  virtual std::int64_t label(std::size_t sample) const = 0;
  virtual std::string name(std::size_t sample) const = 0;  ///< for messages
  virtual std::unique_ptr<ClipReader> reader() const = 0;  ///< may not outlive the source
};

}  // namespace vifi::train

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/captioned_images.h"
#include "vifi/export.h"

namespace vifi::train {

/// Pictures numbered step * B to step * B + B - 1. Plain memory.
struct ImageBatch {
  std::vector<std::uint8_t> pixels;    ///< [B, 3, S, S]
  std::vector<float> points;           ///< [B, coordinates]; 0 where a picture has none
  std::vector<CaptionedImage> images;  ///< [B]
};

struct ImageBatchOptions {
  int batch = 128;
  int workers = 1;   ///< threads that make pictures
  int prefetch = 2;  ///< batches made ahead
  std::int64_t first_step = 0;
};

/// Makes batches ahead of their use, on several threads; which pictures are in one depends on its number alone. One
/// thread uses it.
class VIFI_API ImageBatches {
 public:
  /// @param source  outlives this. @throws Error(invalid_argument)
  ImageBatches(const CaptionedImages& source, const ImageBatchOptions& options);
  ~ImageBatches();
  ImageBatches(const ImageBatches&) = delete;
  ImageBatches& operator=(const ImageBatches&) = delete;

  /// Waits for the next batch. @throws what making it threw
  ImageBatch next();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi::train

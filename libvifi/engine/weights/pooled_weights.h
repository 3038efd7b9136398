#pragma once

#include <string>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/clip_config.h"
#include "weights/clip_weights.h"
#include "weights/pooled_config.h"

namespace vifi {

/// The weights of two towers whose image side is read by attention pooling, under canonical names. Complete and of the
/// shapes that the configurations imply; types as stored.
struct PooledWeights {
  PooledTowerConfig vision;
  ClipConfig text;  ///< its text side, `embed_dim` and `context_length`; the rest is unused
  TensorMap tensors;
  std::string format;                    ///< "open_clip_siglip", …
  std::vector<std::string> assumptions;  ///< as in ClipWeights
};

/// How a file names what `PooledWeights` holds.
struct PooledLayout {
  SourceOf source_of;
  std::vector<ExpectedTensor> more;  ///< besides the towers: `logit_scale`, …
};

/// Sizes of both towers out of the stored tensors, for layouts whose blocks are stored fused: everything but heads,
/// activations, epsilon and the image's size. Flags of `vision` must be set.
void read_sizes(const Checkpoint& checkpoint, const TensorMap& stored, const SourceOf& source_of, PooledWeights& weights);

/// The image size from a caller, from open_clip_config.json, or from the number of patches, which then must be a square.
void find_image_size(const Checkpoint& checkpoint, const ClipOverrides& overrides, std::int64_t patches,
                     PooledTowerConfig& vision);

/// Checks the configurations, then gathers every tensor and checks names, shapes and values.
/// @param stored  without wrapper prefixes
/// @throws WeightsError: missing_tensor, shape_mismatch, non_finite, unsupported
void gather(const Checkpoint& checkpoint, const TensorMap& stored, const ClipOverrides& overrides,
            const PooledLayout& layout, PooledWeights& weights);

}  // namespace vifi

#pragma once

#include <string>
#include <vector>

#include "export.h"
#include "methods/method.h"
#include "vifi/labels.h"

namespace vifi {

/// What libvifi-train uses of the engine beside its methods and files.

/// Weights that a training starts from, or a test reads.
struct StartingPoint {
  std::string method;  ///< as a bundle names it; empty: found from the weights
  MethodSource source;
};

/// @param path  a bundle, its vifi.json, or a checkpoint. @throws Error, WeightsError
VIFI_ENGINE_API StartingPoint read_starting_point(const std::string& path);

/// The text features of a label set, as streams compute them. @return [K * E], L2-normalised rows. @throws Error
VIFI_ENGINE_API std::vector<float> label_set_features(Method& method, const LabelSet& labels);

/// Where a training or a test computes. Opens libtorch's GPU part where that is a GPU; call it before the first tensor.
/// @param device      "auto", "cpu", "cuda" or "cuda:1", as of `ModelOptions`
/// @param local_rank  of this process among those of one training on this machine: "auto" and "cuda" take that GPU
/// @throws Error(device_unavailable, invalid_argument)
VIFI_ENGINE_API at::Device computing_device(const std::string& device, int local_rank);

/// Chooses the fastest exact float32 products of this machine; process-wide, once.
VIFI_ENGINE_API void choose_float32_products();

/// Keeps one kind of float32 products, the same in every process of this machine; process-wide.
VIFI_ENGINE_API void keep_float32_products();

}  // namespace vifi

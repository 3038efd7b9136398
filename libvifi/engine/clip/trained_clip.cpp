#include "clip/trained_clip.h"

#include <utility>

#include <ATen/ops/matmul.h>

#include "clip/shared_weights.h"
#include "clip/tensors.h"
#include "clip/towers.h"

namespace vifi {
namespace {

const TowerOptions kPlain{.dtype = at::kFloat, .kernels = CpuKernels::plain};

}  // namespace

TrainedClip::TrainedClip(ClipWeights weights) : weights_(std::move(weights)) {
  for (auto& [name, tensor] : weights_.tensors) {
    tensor = owned(tensor, at::kFloat).set_requires_grad(true);
  }
}

at::Tensor TrainedClip::read_images(const at::Tensor& images) const {
  const SharedWeights sharing;
  return VisionTower(weights_.config, weights_.tensors, kPlain).read(images);
}

at::Tensor TrainedClip::projected(const at::Tensor& read) const {
  return at::matmul(read, weights_.tensors.at("visual.proj"));
}

at::Tensor TrainedClip::text_features(const at::Tensor& ids) const {
  const SharedWeights sharing;
  return TextTower(weights_.config, weights_.tensors, kPlain).forward(ids);
}

}  // namespace vifi

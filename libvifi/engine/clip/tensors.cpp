#include "clip/tensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/sigmoid.h>

#include "clip/shared_weights.h"
#include "vifi/error.h"
#include "weights/clip_weights.h"

namespace vifi {
namespace {

thread_local bool weights_are_shared = false;
thread_local at::Device current_build_device = at::kCPU;

}  // namespace

SharedWeights::SharedWeights() : outer_(weights_are_shared) { weights_are_shared = true; }
SharedWeights::~SharedWeights() { weights_are_shared = outer_; }
bool SharedWeights::in_force() { return weights_are_shared; }

BuildOn::BuildOn(at::Device device) : outer_(current_build_device) { current_build_device = device; }
BuildOn::~BuildOn() { current_build_device = outer_; }

at::Device build_device() { return current_build_device; }

at::Tensor stored_tensor(const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw Error(ErrorCode::internal, "[build model] " + name + ": no such tensor");
  }
  return found->second;
}

at::Tensor float_tensor(const TensorMap& tensors, const std::string& name) {
  return to_float32(stored_tensor(tensors, name));
}

at::Tensor owned(const at::Tensor& tensor, at::ScalarType dtype) {
  if (weights_are_shared && tensor.scalar_type() == dtype && tensor.device() == build_device()) {
    return tensor;
  }
  at::Tensor copy = at::empty(tensor.sizes(), at::TensorOptions().dtype(dtype).device(build_device()));
  return copy.copy_(tensor);
}

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::quick_gelu: return x * at::sigmoid(1.702 * x);
    case Activation::gelu: return at::gelu(x);
    case Activation::gelu_tanh: return at::gelu(x, "tanh");
  }
  return x;
}

at::Tensor l2_normalised(const at::Tensor& x) {
  return x / at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, /*keepdim=*/true);
}

}  // namespace vifi

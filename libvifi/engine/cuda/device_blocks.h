#pragma once

#include <memory>
#include <vector>

#include "clip/blocks.h"
#include "cuda/kernels.h"

namespace vifi {

/// The form for GPUs: residual and norm in one kernel of ours, QuickGELU folded into the weights around it, libtorch's
/// fused attention, and of the last block only the rows that are read. Norms and softmax are computed in float32
/// whatever the type. Every operator is libtorch's and runs on any device; where `kernels` is null, all are.
/// @param kernels  libvifi-cuda.so's, or null
std::unique_ptr<Blocks> device_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype, const cuda::Kernels* kernels);

/// With the kernels that `trusted_kernels` names for `build_device()`.
std::unique_ptr<Blocks> device_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype);

/// libvifi-cuda.so's kernels where it is there and, in a trial on this device and in this type, agrees with libtorch's
/// own operators; else null, and the log says why.
const cuda::Kernels* trusted_kernels(at::Device device, at::ScalarType dtype);

/// x += delta (which may be undefined); returns the norm of x, of x's type.
/// @param x, delta      [rows, W], contiguous
/// @param weight, bias  [W], float32
at::Tensor add_norm(const cuda::Kernels* kernels, at::Tensor& x, const at::Tensor& delta, const at::Tensor& weight,
                    const at::Tensor& bias, double eps);

}  // namespace vifi

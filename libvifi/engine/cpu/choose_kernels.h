#pragma once

#include "clip/blocks.h"
#include "weights/clip_weights.h"

namespace vifi {

/// Runs one block both ways on a piece of an image and names the faster form: `packed` only if it wins by more than
/// 5 %, so that a draw is always `plain`. Takes well below 100 ms on one core. Where `build_device()` is no processor:
/// `plain`.
CpuKernels faster_kernels(const BlockWeights& block, const TowerConfig& config, std::int64_t tokens,
                          at::ScalarType dtype);

/// `wanted`, or, where that is automatic, the faster form of a CLIP's image tower.
CpuKernels resolved_kernels(CpuKernels wanted, const ClipWeights& weights, at::ScalarType dtype);

/// The same for any image tower with blocks under `visual.transformer.`.
CpuKernels resolved_kernels(CpuKernels wanted, const TensorMap& tensors, const TowerConfig& tower, std::int64_t tokens,
                            at::ScalarType dtype);

/// Whether oneDNN's packed products in float32 do not clearly beat our own (avx512_linear.h) here: measured once in a
/// process, in some 50 ms of one core, or three times that where oneDNN's win.
bool own_float32_products();

/// Lets oneDNN compute float32 products where MKL's own are slow (it picks a slow path on other makers' processors).
/// libtorch only does so under its "medium" precision, which on processors with AMX really rounds to bfloat16: there,
/// and wherever a trial product is less exact than float32, nothing changes. Process-wide, once.
/// @return whether oneDNN is used
bool use_onednn_for_float32();

/// Takes that back and keeps it from being chosen: libtorch's one setting would round a GPU's float32 products as well.
/// Process-wide.
void keep_float32_exact();

}  // namespace vifi

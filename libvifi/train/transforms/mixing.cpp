#include "transforms/mixing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>

#include "optim/losses.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

void check(const at::Tensor& clips, const at::Tensor& labels, const MixingDraws& draws) {
  const bool fits = clips.dim() == 5 && labels.dim() == 1 && labels.size(0) == clips.size(0) &&
                    std::ssize(draws.permutation) == clips.size(0) && draws.lambda >= 0 && draws.lambda <= 1 &&
                    std::all_of(draws.permutation.begin(), draws.permutation.end(),
                                [&](std::int64_t partner) { return partner >= 0 && partner < clips.size(0); });
  if (!fits) {
    throw Error(ErrorCode::invalid_argument,
                "[mix batch] expected clips [B, T, 3, H, W], B labels, B partners in the batch and lambda in 0..1");
  }
}

/// Marsaglia and Tsang 2000. @param shape  > 0
double gamma_draw(double shape, Random& random) {
  if (shape < 1) {
    return gamma_draw(shape + 1, random) * std::pow(1 - random.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal();
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

/// Beta(a, a).
float beta_draw(double a, Random& random) {
  const double first = gamma_draw(a, random), second = gamma_draw(a, random);
  return first + second > 0 ? static_cast<float>(first / (first + second)) : 0.5F;
}

/// A random order of 0 … n-1 (Fisher and Yates).
std::vector<std::int64_t> random_order(std::int64_t n, Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return order;
}

/// Of one axis: centre -/+ half, inside the picture.
std::pair<std::int64_t, std::int64_t> interval(std::int64_t size, float kept_share, std::int64_t centre) {
  const float side = static_cast<float>(size) * std::sqrt(1.0F - kept_share);
  const std::int64_t half = static_cast<std::int64_t>(side) / 2;
  return {std::clamp<std::int64_t>(centre - half, 0, size), std::clamp<std::int64_t>(centre + half, 0, size)};
}

}  // namespace

MixingDraws draw_mixing(const MixingSpec& spec, std::int64_t batch, std::int64_t height, std::int64_t width,
                        Random& random) {
  MixingDraws draws;
  const double share = spec.mixup_alpha > 0 ? (spec.cutmix_alpha > 0 ? spec.cutmix_share : 0.0) : 1.0;
  draws.cutmix = random.uniform() < share;
  if (draws.cutmix) {
    draws.permutation = random_order(batch, random);
    draws.lambda = beta_draw(spec.cutmix_alpha, random);
    draws.centre_x = random.below(width);
    draws.centre_y = random.below(height);
  } else {
    draws.lambda = beta_draw(spec.mixup_alpha, random);
    draws.permutation = random_order(batch, random);
  }
  return draws;
}

MixedBatch mix(const at::Tensor& clips, const at::Tensor& labels, std::int64_t classes, double smoothing,
               const MixingDraws& draws) {
  check(clips, labels, draws);
  std::vector<std::int64_t> order = draws.permutation;
  const at::Tensor partners = at::from_blob(order.data(), {clips.size(0)}, at::kLong);
  const at::Tensor targets = smoothed_targets(labels, classes, smoothing);
  const at::Tensor other_targets = targets.index_select(0, partners);
  const at::Tensor other_clips = clips.index_select(0, partners);
  MixedBatch mixed;
  float lambda = draws.lambda;
  if (!draws.cutmix) {
    mixed.clips = clips * lambda + other_clips * (1.0F - lambda);
  } else {
    const std::int64_t height = clips.size(3), width = clips.size(4);
    const auto [x1, x2] = interval(width, draws.lambda, draws.centre_x);
    const auto [y1, y2] = interval(height, draws.lambda, draws.centre_y);
    mixed.box = {x1, y1, x2, y2};
    mixed.clips = clips.clone();
    const auto cut = [&, x = x1, y = y1, w = x2 - x1, h = y2 - y1](const at::Tensor& from) {
      return from.narrow(3, y, h).narrow(4, x, w);
    };
    cut(mixed.clips).copy_(cut(other_clips));
    lambda = 1.0F - static_cast<float>((x2 - x1) * (y2 - y1)) / static_cast<float>(height * width);
  }
  mixed.targets = targets * lambda + other_targets * (1.0F - lambda);
  return mixed;
}

}  // namespace vifi::train

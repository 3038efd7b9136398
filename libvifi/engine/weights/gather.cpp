#include "weights/gather.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include <ATen/ops/cat.h>

#include "weights/weights_error.h"

namespace vifi {
namespace {

/// Shape of the part `index` of a source.
std::vector<std::int64_t> stored_shape(const Source& source, std::size_t index, std::vector<std::int64_t> shape) {
  if (source.how == Source::How::transposed) {
    std::reverse(shape.begin(), shape.end());
  } else if (source.how == Source::How::stacked) {
    const auto parts = static_cast<std::int64_t>(source.names.size());
    const std::int64_t all = source.shares.empty() ? parts : std::accumulate(source.shares.begin(), source.shares.end(), std::int64_t{0});
    shape.front() = shape.front() / all * (source.shares.empty() ? 1 : source.shares[index]);
  }
  return shape;
}

at::Tensor without_leading_ones(at::Tensor tensor, std::size_t dimensions) {
  while (tensor.dim() > static_cast<std::int64_t>(dimensions) && tensor.size(0) == 1) {
    tensor = tensor.squeeze(0);
  }
  return tensor;
}

at::Tensor checked_part(const std::string& path, const std::string& name, at::Tensor tensor, const Source& source,
                        const std::vector<std::int64_t>& shape) {
  if (shape.empty() || source.how == Source::How::unwrapped) {  // some writers store scalars as [1]
    tensor = without_leading_ones(std::move(tensor), shape.size());
  }
  if (tensor.sizes() != at::IntArrayRef(shape)) {
    throw WeightsError(WeightsErrorKind::shape_mismatch,
                       name + " in " + path + ": expected " + shape_text(shape) + ", got " + shape_text(tensor.sizes()),
                       "these weights do not fit the configuration; `vifi inspect` shows what they are");
  }
  if (!tensor.is_floating_point()) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       name + " in " + path + " holds " + std::string(c10::toString(tensor.scalar_type())) +
                           " values, expected floating point");
  }
  return tensor;
}

void check_names(const std::string& path, const TensorMap& stored, const std::vector<ExpectedTensor>& expected,
                 const SourceOf& source_of, std::set<std::string>& used) {
  std::vector<std::string> missing;
  for (const ExpectedTensor& item : expected) {
    for (const std::string& name : source_of(item.name).names) {
      used.insert(name);
      if (stored.count(name) == 0) {
        missing.push_back(name);
      }
    }
  }
  if (!missing.empty()) {
    throw WeightsError(WeightsErrorKind::missing_tensor, first_and_count(missing) + " not in " + path,
                       "the file is incomplete or of another model; `vifi inspect` shows what it is");
  }
}

at::Tensor make(const std::string& path, const TensorMap& stored, const ExpectedTensor& item, const Source& source) {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < source.names.size(); ++i) {
    const std::string& name = source.names[i];
    parts.push_back(checked_part(path, name, stored.at(name), source, stored_shape(source, i, item.shape)));
  }
  switch (source.how) {
    case Source::How::transposed:
      return parts.front().t();
    case Source::How::stacked:
      return at::cat(parts);
    case Source::How::as_is:
    case Source::How::unwrapped:
      break;
  }
  return parts.front();
}

}  // namespace

TensorMap gather_tensors(const std::string& path, const TensorMap& stored, const std::vector<ExpectedTensor>& expected,
                         const SourceOf& source_of, std::set<std::string>& used) {
  check_names(path, stored, expected, source_of, used);
  TensorMap tensors;
  for (const ExpectedTensor& item : expected) {
    tensors.emplace(item.name, make(path, stored, item, source_of(item.name)));
  }
  return tensors;
}

std::int64_t StoredShapes::size(const std::string& name, std::int64_t dimensions, std::int64_t dimension) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) {
    throw WeightsError(WeightsErrorKind::missing_tensor, name + " is not in " + path_);
  }
  const at::Tensor& tensor = it->second;
  if (tensor.dim() != dimensions || tensor.size(dimension) == 0) {
    throw WeightsError(WeightsErrorKind::shape_mismatch, name + " in " + path_ + ": expected " +
                                                             std::to_string(dimensions) + " dimensions, got " +
                                                             shape_text(tensor.sizes()));
  }
  return tensor.size(dimension);
}

std::int64_t StoredShapes::layers(const std::string& prefix) const {
  std::int64_t count = 0;
  for (auto it = tensors_.lower_bound(prefix); it != tensors_.end() && it->first.starts_with(prefix); ++it) {
    const std::string_view rest = std::string_view(it->first).substr(prefix.size());
    std::int64_t number = 0;
    for (std::size_t i = 0; i < rest.size() && rest[i] >= '0' && rest[i] <= '9'; ++i) {
      number = std::min<std::int64_t>(number * 10 + (rest[i] - '0'), kMostLayers);
    }
    count = std::max(count, number + 1);
  }
  if (count == 0) {
    throw WeightsError(WeightsErrorKind::missing_tensor, prefix + "0 is not in " + path_);
  }
  if (count > kMostLayers) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       path_ + ": more than " + std::to_string(kMostLayers) + " blocks under " + prefix);
  }
  return count;
}

std::int64_t square_side(const std::string& path, std::int64_t patches) {
  const auto side = static_cast<std::int64_t>(
      std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(patches, 0)))));
  if (side == 0 || side * side != patches) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       path + ": " + std::to_string(patches) + " patches make no square image",
                       "say the image's height and width");
  }
  return side;
}

std::string first_and_count(const std::vector<std::string>& names) {
  return names.size() == 1 ? names.front() : names.front() + " and " + std::to_string(names.size() - 1) + " more";
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

}  // namespace vifi

#include "compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace vifi::parity {
namespace {

bool is_floating(const Tensor& tensor) {
  return tensor.dtype.starts_with("F");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

std::string index_text(std::int64_t flat, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return shape_text(index);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// Calls `body(span)` with the tensor's elements in their own type.
template <typename Body>
auto with_elements(const Tensor& tensor, Body&& body) {
  const std::string& dtype = tensor.dtype;
  if (dtype == "F32") return body(tensor.as<float>());
  if (dtype == "F64") return body(tensor.as<double>());
  if (dtype == "I64") return body(tensor.as<std::int64_t>());
  if (dtype == "I32") return body(tensor.as<std::int32_t>());
  if (dtype == "I16") return body(tensor.as<std::int16_t>());
  if (dtype == "I8") return body(tensor.as<std::int8_t>());
  if (dtype == "U16") return body(tensor.as<std::uint16_t>());
  if (dtype == "U8" || dtype == "BOOL") return body(tensor.as<std::uint8_t>());
  throw std::runtime_error("dtype " + dtype + " cannot be compared");
}

std::vector<double> as_doubles(const Tensor& tensor) {
  return with_elements(tensor, [](auto elements) { return std::vector<double>(elements.begin(), elements.end()); });
}

std::vector<std::int64_t> as_integers(const Tensor& tensor) {
  return with_elements(tensor, [](auto elements) {
    std::vector<std::int64_t> integers;
    integers.reserve(elements.size());
    for (const auto element : elements) {
      integers.push_back(static_cast<std::int64_t>(element));
    }
    return integers;
  });
}

/// What makes two tensors incomparable; empty: nothing.
std::string form_problem(const Tensor& got, const Tensor& want) {
  if (got.shape != want.shape) {
    return "shape " + shape_text(got.shape) + ", expected " + shape_text(want.shape);
  }
  if (!is_floating(want) && is_floating(got)) {
    return "dtype " + got.dtype + ", expected " + want.dtype;
  }
  with_elements(got, [&](auto elements) {
    if (static_cast<std::int64_t>(elements.size()) != got.count()) {
      throw std::runtime_error("a tensor of shape " + shape_text(got.shape) + " holds " +
                               std::to_string(elements.size()) + " values");
    }
  });
  return {};
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The error as a share of the tolerance: above 1 is outside it, infinite where no tolerance would do.
double excess_of(double got, double want, Tolerance tolerance) {
  if (got == want || (std::isnan(got) && std::isnan(want))) {
    return 0;
  }
  const double error = std::abs(got - want);
  const double allowed = tolerance.atol + tolerance.rtol * std::abs(want);
  if (!std::isfinite(error) || allowed == 0) {
    return kInfinity;
  }
  const double excess = error / allowed;
  return error <= allowed ? std::min(excess, 1.0) : std::max(excess, std::nextafter(1.0, 2.0));
}

/// Takes note of element `flat`, and keeps it if it is the worst so far.
void note(TensorComparison& comparison, std::size_t flat, const Tensor& want, double got_value, double want_value,
          double excess) {
  comparison.beyond += excess > 1 ? 1 : 0;
  if (comparison.where.empty() || excess > comparison.excess) {
    comparison.excess = excess;
    comparison.largest_error = std::abs(got_value - want_value);
    comparison.got = got_value;
    comparison.want = want_value;
    comparison.where = index_text(static_cast<std::int64_t>(flat), want.shape);
  }
}

}  // namespace

TensorComparison compare_tensor(const std::string& name, const Tensor& got, const Tensor& want, Tolerance tolerance) {
  TensorComparison comparison;
  comparison.name = name;
  comparison.tolerance = is_floating(want) ? tolerance : Tolerance{};
  comparison.problem = form_problem(got, want);
  comparison.count = want.count();
  if (!comparison.problem.empty()) {
    return comparison;
  }
  if (is_floating(want)) {
    const std::vector<double> got_values = as_doubles(got), want_values = as_doubles(want);
    for (std::size_t i = 0; i < want_values.size(); ++i) {
      note(comparison, i, want, got_values[i], want_values[i], excess_of(got_values[i], want_values[i], tolerance));
    }
  } else {
    const std::vector<std::int64_t> got_values = as_integers(got), want_values = as_integers(want);
    for (std::size_t i = 0; i < want_values.size(); ++i) {
      note(comparison, i, want, static_cast<double>(got_values[i]), static_cast<double>(want_values[i]),
           got_values[i] == want_values[i] ? 0 : kInfinity);
    }
  }
  comparison.passed = comparison.beyond == 0;
  return comparison;
}

std::string TensorComparison::text() const {
  if (!problem.empty()) {
    return "tensor " + name + ": " + problem;
  }
  return "tensor " + name + ": largest error " + number(largest_error) + " at " + where + " (got " + number(got) +
         ", expected " + number(want) + "), tolerance " + number(tolerance.atol) + " + " + number(tolerance.rtol) +
         "*|expected|, " + std::to_string(beyond) + " of " + std::to_string(count) + " values beyond it";
}

std::vector<std::string> compare_output(const Output& got, const Expectation& want,
                                        std::vector<TensorComparison>* comparisons) {
  std::vector<TensorComparison> failed;
  std::vector<std::string> complaints;
  for (const auto& [name, tolerance] : want.tolerances) {
    TensorComparison comparison;
    const auto found = got.tensors.find(name);
    if (found == got.tensors.end()) {
      comparison.name = name;
      comparison.problem = "missing";
    } else {
      comparison = compare_tensor(name, found->second, want.tensors.at(name), tolerance);
    }
    if (!comparison.passed) {
      failed.push_back(comparison);
    }
    if (comparisons) {
      comparisons->push_back(comparison);
    }
  }
  std::stable_sort(failed.begin(), failed.end(), [](const TensorComparison& a, const TensorComparison& b) {
    return std::pair(a.problem.empty(), -a.excess) < std::pair(b.problem.empty(), -b.excess);
  });
  for (const TensorComparison& comparison : failed) {
    complaints.push_back(comparison.text());
  }
  for (const auto& [name, value] : want.values.items()) {
    if (!got.values.contains(name)) {
      complaints.push_back("value " + name + ": missing, expected " + value.dump());
    } else if (got.values[name] != value) {
      complaints.push_back("value " + name + ": got " + got.values[name].dump() + ", expected " + value.dump());
    }
  }
  return complaints;
}

bool same_kind(const std::string& got, const std::string& want) {
  if (want == "any") {
    return got != "out_of_memory" && got != "internal" && got != "cancelled";
  }
  const auto broken = [](const std::string& kind) { return kind == "truncated" || kind == "corrupt"; };
  return got == want || (broken(got) && broken(want));
}

}  // namespace vifi::parity

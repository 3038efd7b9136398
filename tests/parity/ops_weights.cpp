#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>

#include "parity.h"
#include "weights/checkpoint.h"
#include "weights/clip_weights.h"
#include "weights/weights_error.h"

namespace vifi::parity {
namespace {

/// Resident memory of this process in MiB.
std::int64_t resident_mb() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE) / (1 << 20);
}

Output load(const Case& c) {
  const Checkpoint checkpoint = read_checkpoint(c.files.at("checkpoint").string());
  std::optional<Checkpoint> base;
  ClipOverrides overrides;
  overrides.allow_non_finite = c.params.value("allow_non_finite", false);
  if (const auto file = c.files.find("base"); file != c.files.end()) {
    base = read_checkpoint(file->second.string());
    overrides.base = &*base;
  }
  const ClipWeights weights = clip_weights(checkpoint, overrides);
  std::int64_t parameters = 0;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    parameters += tensor.numel();
  }
  Output output;
  output.values = {{"tensors", checkpoint.tensors.size()},
                   {"parameters", parameters},
                   {"non_finite", weights.non_finite}};
  return output;
}

Output load_checkpoint(const Case& c) {
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t memory = resident_mb();
  const auto check_limits = [&] {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (taken.count() > c.params.value("max_seconds", 1e9)) {
      throw std::runtime_error("took " + std::to_string(taken.count()) + " s");
    }
    const std::int64_t growth = resident_mb() - memory;
    if (growth > c.params.value("max_memory_mb", std::int64_t{1} << 40)) {
      throw std::runtime_error("grew by " + std::to_string(growth) + " MiB");
    }
    if (std::filesystem::exists("pwned")) {
      throw std::runtime_error("the pickle was executed: a file `pwned` was made");
    }
  };
  try {
    Output output = load(c);
    check_limits();
    return output;
  } catch (const WeightsError& e) {
    check_limits();
    throw Refused(std::string(name_of(e.kind())), e.what());
  }
}

}  // namespace

void register_weights_operations() { register_operation("load_checkpoint", load_checkpoint); }

}  // namespace vifi::parity

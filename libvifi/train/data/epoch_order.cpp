#include "data/epoch_order.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "data/random.h"
#include "vifi/error.h"

namespace vifi::train {

std::vector<std::int64_t> epoch_order(const EpochOptions& options) {
  if (options.batch < 1 || options.ranks < 1 || options.rank < 0 || options.rank >= options.ranks) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[loader] batch {}, rank {} of {}: expected a batch of 1 or more and "
                                                         "a rank below their number", options.batch, options.rank, options.ranks));
  }
  std::vector<std::int64_t> all(options.samples);
  std::iota(all.begin(), all.end(), 0);
  if (options.shuffle) {
    constexpr std::uint64_t kOrder = 0x6F72646572;  // apart from the draws of samples
    Random random({options.seed, static_cast<std::uint64_t>(options.epoch), kOrder});
    for (std::size_t i = all.size(); i > 1; --i) {
      std::swap(all[i - 1], all[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    }
  }
  const auto ranks = static_cast<std::size_t>(options.ranks);
  std::size_t count = (options.samples + ranks - 1 - static_cast<std::size_t>(options.rank)) / ranks;
  if (options.drop_last) {
    const auto batch = static_cast<std::size_t>(options.batch);
    count = options.samples / ranks / batch * batch;
  }
  std::vector<std::int64_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = all[i * ranks + static_cast<std::size_t>(options.rank)];
  return order;
}

}  // namespace vifi::train

#include "mini/mini_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vifi/error.h"
#include "video/frame_sampling.h"
#include "video/normaliser.h"

namespace vifi::train::mini {

std::uint64_t set_key(const std::string& name) {
  std::uint64_t key = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return key;
}

ClipTimes draw_times(int stored, Random& random) {
  constexpr std::array<double, 5> kRates{8, 10, 12, 15, 24};
  ClipTimes times;
  times.duration_s = random.uniform(1, 6);
  const double rate = kRates[static_cast<std::size_t>(random.below(5))];
  const auto count = std::max<std::int64_t>(4, std::llround(times.duration_s * rate));
  for (const std::int64_t index : test_frame_indices(count, stored)) times.t.push_back(static_cast<double>(index) / rate);
  return times;
}

class MiniClips::Reader : public ClipReader {
 public:
  explicit Reader(const MiniClips& clips)
      : clips_(clips), options_(clips.options_), renderer_(kSmallWidth, kSmallHeight),
        normaliser_(options_.mean, options_.std), rgb_(3 * kSmallWidth * kSmallHeight), planes_(3 * kInputSize * kInputSize) {}

  void read(std::size_t sample, Random& random, std::span<float> images) override {
    const std::size_t phrase = clips_.phrases_[static_cast<std::size_t>(clips_.label(sample))];
    const auto number = static_cast<std::uint64_t>(options_.first_clip) + sample % static_cast<std::size_t>(options_.clips);
    Random content({options_.seed, set_key(options_.set), phrase, number});
    const ClipTimes times = draw_times(options_.stored, content);
    const ClipPlan plan = plan_clip(&phrases()[phrase], times.duration_s, Domain::video, content);
    const auto chosen = train_frame_indices(options_.stored, options_.frames, [&](std::int64_t bound) { return random.below(bound); });
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      renderer_.draw(plan, times.t[static_cast<std::size_t>(chosen[i])], rgb_);
      reducer_.reduce(rgb_, planes_);
      normaliser_.apply(std::span<const std::uint8_t>(planes_), images.subspan(i * planes_.size(), planes_.size()));
    }
  }

 private:
  const MiniClips& clips_;
  const MiniClipOptions& options_;
  Renderer renderer_;
  Reducer reducer_;
  Normaliser normaliser_;
  std::vector<std::uint8_t> rgb_;
  std::vector<std::uint8_t> planes_;
};

MiniClips::MiniClips(const MiniClipOptions& options) : options_(options), phrases_(phrase_list(options.list)) {
  if (options_.clips < 1 || options_.first_clip < 0 || options_.frames < 1 || options_.stored < options_.frames) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[mini clips] {} clips from {} on, {} of {} frames: expected one or more, and no more than there are",
                            options_.clips, options_.first_clip, options_.frames, options_.stored));
  }
}

std::string MiniClips::name(std::size_t sample) const {
  return fmt::format("{} {} of set {}", phrases()[phrases_[static_cast<std::size_t>(label(sample))]].name,
                     options_.first_clip + static_cast<int>(sample) % options_.clips, options_.set);
}

std::unique_ptr<ClipReader> MiniClips::reader() const { return std::make_unique<Reader>(*this); }

std::vector<std::string> MiniClips::labels() const {
  std::vector<std::string> names;
  for (const std::size_t phrase : phrases_) names.push_back(phrases()[phrase].name);
  return names;
}

}  // namespace vifi::train::mini

#include "../unit/core/stream/fake_model.h"
#include "fuzz.h"
#include "vifi/error.h"

namespace vifi::fuzz {
namespace {

/// Logits follow the states, and may be no numbers.
std::shared_ptr<ModelHost> make_host() {
  auto model = std::make_shared<testing::FakeModel>();
  model->logits = [](std::span<const float> states, std::size_t labels) {
    std::vector<float> logits(labels);
    for (std::size_t i = 0; i < labels; ++i) logits[i] = states[i % states.size()];
    return logits;
  };
  return std::make_shared<ModelHost>(model, HostOptions{});
}

RecogniserOptions options_from(Input& input) {
  RecogniserOptions options;
  options.frames = input.below(20);
  options.window_ns = input.number<std::uint32_t>();
  options.hop_ns = input.below(2) == 0 ? input.number<std::uint32_t>() : 0;
  options.top_k = input.below(4);
  options.threshold = input.below(5) / 4.0;
  options.events.smoothing_ns = input.number<std::uint32_t>();
  options.events.min_duration_ns = input.number<std::uint32_t>();
  options.events.merge_gap_ns = input.number<std::uint32_t>();
  options.events.exclusive = input.below(2) == 0;
  return options;
}

/// Wraps at the ends of time.
std::int64_t moved(std::int64_t pts, std::int64_t step) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(pts) + static_cast<std::uint64_t>(step));
}

void check(const Outcome& outcome) {
  for (const Result& result : outcome.results) {
    require(result.start_ns < result.end_ns, "an empty window");
    require(result.labels.size() <= 3, "more labels than there are");
  }
  for (const Event& event : outcome.events) require(event.start_ns <= event.end_ns, "an event that ends before it starts");
}

}  // namespace
}  // namespace vifi::fuzz

/// Frames at any times, with resets, ends and changes of labels between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vifi;
  static const auto host = fuzz::make_host();
  static const auto labels = testing::fake_bank({"a", "b", "c"});
  static const auto others = testing::fake_bank({"c", "d"}, {"e"});
  fuzz::Input input(data, size);
  fuzz::taken_or_refused([&] {
    Recogniser recogniser(host, labels, fuzz::options_from(input), testing::prepare_number);
    std::int64_t pts = input.number<std::int64_t>();
    while (!input.empty()) {
      fuzz::taken_or_refused([&] {
        switch (input.below(12)) {
          case 0: recogniser.reset(); break;
          case 1: fuzz::check(recogniser.finish()); break;
          case 2: fuzz::check(recogniser.set_labels(input.below(2) == 0 ? labels : others)); break;
          case 3: pts = input.number<std::int64_t>(); break;
          case 4: pts = fuzz::moved(pts, -std::int64_t{input.number<std::uint32_t>()}); break;
          default: pts = fuzz::moved(pts, input.number<std::uint32_t>()); break;
        }
        fuzz::check(recogniser.push(testing::numbered_frame(input.number<std::int16_t>(), pts)));
      });
    }
  });
  return 0;
}

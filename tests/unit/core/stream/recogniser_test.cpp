#include "vifi/recogniser.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fake_model.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A recogniser over a fake model; pushes frames and keeps what comes of them.
struct Stream {
  explicit Stream(std::vector<std::string> labels = {"a", "b"}, RecogniserOptions options = {},
                  std::shared_ptr<FakeModel> fake = std::make_shared<FakeModel>())
      : model(std::move(fake)),
        host(std::make_shared<ModelHost>(model, HostOptions{})),
        recogniser(host, fake_bank(labels), options, prepare_number) {}

  void push(std::int64_t number, std::int64_t pts_ns) { keep(recogniser.push(numbered_frame(number, pts_ns))); }

  /// Frames `from` to `to` (exclusive) at 30 a second, as a decoder stamps them.
  void push_at_30_fps(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      push(i, i * kSecond / 30);
    }
  }

  void finish() { keep(recogniser.finish()); }

  void keep(Outcome outcome) {
    results.insert(results.end(), outcome.results.begin(), outcome.results.end());
    events.insert(events.end(), outcome.events.begin(), outcome.events.end());
  }

  std::shared_ptr<FakeModel> model;
  std::shared_ptr<ModelHost> host;
  Recogniser recogniser;
  std::vector<Result> results;
  std::vector<Event> events;
};

RecogniserOptions small_windows() {
  RecogniserOptions options;  // a sample every second, a window of 4, a result every second one
  options.frames = 4;
  options.window_ns = 4 * kSecond;
  options.hop_ns = 2 * kSecond;
  return options;
}

std::shared_ptr<FakeModel> model_with_logits(std::vector<float> logits) {
  auto model = std::make_shared<FakeModel>();
  model->logits = [logits = std::move(logits)](auto, std::size_t) { return logits; };
  return model;
}

class ReferenceWindows : public ::testing::TestWithParam<const char*> {};

TEST_P(ReferenceWindows, AreBuiltOfTheSameFramesAtTheSameTimes) {
  const std::string folder = std::string(std::getenv("VIFI_TEST_DATA")) + "/mini/";
  std::ifstream file(folder + GetParam() + ".windows.json");
  const auto windows = nlohmann::json::parse(file).at("windows");
  const auto frames = std::string(GetParam()) == "demo" ? 600 : 2352;

  Stream stream;
  stream.push_at_30_fps(0, frames);
  ASSERT_THAT(stream.results, SizeIs(windows.size()));
  const auto scored = stream.model->windows();
  for (std::size_t w = 0; w < windows.size(); ++w) {
    EXPECT_EQ(scored[w], windows[w].at("frames").get<std::vector<float>>()) << "window " << w;
    EXPECT_EQ(stream.results[w].pts_ns, windows[w].at("pts_ns")) << "window " << w;
    EXPECT_EQ(stream.results[w].seq, w);
    EXPECT_EQ(stream.results[w].start_ns, static_cast<std::int64_t>(w) * kSecond);
    EXPECT_EQ(stream.results[w].end_ns, static_cast<std::int64_t>(w + 4) * kSecond);
  }
  EXPECT_EQ(stream.recogniser.stats().sampling_rate, 4.0);
}

INSTANTIATE_TEST_SUITE_P(Mini, ReferenceWindows, ::testing::Values("demo", "match1"));

TEST(Recogniser, EncodesEachSampledFrameOnce) {
  Stream stream;
  stream.push_at_30_fps(0, 600);
  EXPECT_THAT(stream.model->batches(), SizeIs(80));
  const StreamStats stats = stream.recogniser.stats();
  EXPECT_EQ(stats.frames_seen, 600U);
  EXPECT_EQ(stats.frames_sampled, 80U);
  EXPECT_EQ(stats.samples, 80U);
  EXPECT_EQ(stats.results, 17U);
}

TEST(Recogniser, CoversTheTailWithALastResult) {
  Stream stream({"a"}, small_windows());
  for (int i = 0; i < 5; ++i) {
    stream.push(i, i * kSecond);
  }
  ASSERT_THAT(stream.results, SizeIs(1));
  stream.finish();
  ASSERT_THAT(stream.results, SizeIs(2));
  EXPECT_THAT(stream.model->windows()[1], ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(stream.results[1].start_ns, kSecond);
  EXPECT_EQ(stream.results[1].end_ns, 5 * kSecond);
  EXPECT_EQ(stream.results[1].pts_ns, 4 * kSecond);
}

TEST(Recogniser, GivesNoLastResultWhenAllIsCovered) {
  Stream stream({"a"}, small_windows());
  for (int i = 0; i < 4; ++i) {
    stream.push(i, i * kSecond);
  }
  stream.finish();
  EXPECT_THAT(stream.results, SizeIs(1));
}

TEST(Recogniser, AStreamShorterThanAWindowGivesOneResultOfWhatItHas) {
  Stream stream({"a"}, small_windows());
  stream.push(0, 10 * kSecond);
  stream.push(1, 11 * kSecond);
  stream.finish();
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 1));
  EXPECT_EQ(stream.results[0].start_ns, 10 * kSecond);
  EXPECT_EQ(stream.results[0].end_ns, 12 * kSecond);
}

TEST(Recogniser, AnEmptyStreamGivesNothing) {
  Stream stream;
  stream.finish();
  EXPECT_THAT(stream.results, IsEmpty());
}

TEST(Recogniser, AFrameAfterAGapWithinAWindowCountsForEachPointItReached) {
  Stream stream({"a"}, small_windows());
  stream.push(0, 0);
  stream.push(1, 4 * kSecond);  // points 1 to 4
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(stream.model->batches(), SizeIs(2));
  EXPECT_EQ(stream.recogniser.stats().samples, 5U);
  EXPECT_EQ(stream.recogniser.stats().resets, 0U);
}

TEST(Recogniser, AFrameCanCompleteSeveralResults) {
  RecogniserOptions options = small_windows();
  options.hop_ns = kSecond;
  Stream stream({"a"}, options);
  stream.push(0, 0);
  stream.push(1, kSecond);
  stream.push(2, 5 * kSecond);
  ASSERT_THAT(stream.results, SizeIs(3));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 1, 2, 2));
  EXPECT_THAT(stream.model->windows()[2], ElementsAre(2, 2, 2, 2));
  EXPECT_EQ(stream.results[0].end_ns, 4 * kSecond);
  EXPECT_EQ(stream.results[2].end_ns, 6 * kSecond);
  EXPECT_EQ(stream.results[0].pts_ns, 5 * kSecond);
}

TEST(Recogniser, StartsANewGridAfterAJumpForward) {
  Stream stream({"a"}, small_windows());
  for (int i = 0; i < 3; ++i) {
    stream.push(i, i * kSecond);
  }
  const std::int64_t after = 6 * kSecond + 1;  // a window and 1 ns after the last
  for (int i = 0; i < 4; ++i) {
    stream.push(10 + i, after + i * kSecond);
  }
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(10, 11, 12, 13));
  EXPECT_EQ(stream.results[0].start_ns, after);
  EXPECT_EQ(stream.recogniser.stats().resets, 1U);
}

TEST(Recogniser, StartsANewGridAfterAJumpBack) {
  Stream stream({"a"}, small_windows());
  stream.push(0, 100 * kSecond);
  for (int i = 0; i < 4; ++i) {
    stream.push(10 + i, i * kSecond);
  }
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_EQ(stream.results[0].start_ns, 0);
}

TEST(Recogniser, PassesFramesOlderThanTheirPredecessor) {
  Stream stream({"a"}, small_windows());
  stream.push(0, 2 * kSecond);
  stream.push(1, kSecond);
  stream.push(2, 3 * kSecond);
  stream.finish();
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 2));
}

TEST(Recogniser, ForgetsTheWindowOnResetButCountsOn) {
  Stream stream({"a"}, small_windows());
  for (int i = 0; i < 4; ++i) {
    stream.push(i, i * kSecond);
  }
  stream.recogniser.reset();
  stream.finish();
  EXPECT_THAT(stream.results, SizeIs(1));
  stream.push(7, 4 * kSecond);
  stream.finish();
  ASSERT_THAT(stream.results, SizeIs(2));
  EXPECT_EQ(stream.results[1].seq, 1U);
  EXPECT_THAT(stream.model->windows()[1], ElementsAre(7));
}

TEST(Recogniser, IgnoresASampleTakenBeforeAReset) {
  Stream stream({"a"}, small_windows());
  auto sample = stream.recogniser.sample(numbered_frame(0, 0));
  stream.recogniser.reset();
  stream.keep(stream.recogniser.process(std::move(*sample)));
  EXPECT_THAT(stream.model->batches(), IsEmpty());
  stream.finish();
  EXPECT_THAT(stream.results, IsEmpty());
}

TEST(Recogniser, PointsOfAMissingSampleGoToTheNext) {
  Stream stream({"a"}, small_windows());
  stream.push(0, 0);
  stream.recogniser.sample(numbered_frame(1, kSecond));  // never processed
  stream.push(2, 2 * kSecond);
  stream.push(3, 3 * kSecond);
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 2, 2, 3));
}

TEST(Recogniser, SpreadsProbabilityOverActionsAndBackgrounds) {
  auto model = model_with_logits({std::log(2.0F), std::log(1.0F), std::log(4.0F), std::log(1.0F)});
  Stream stream({"x"}, small_windows(), model);
  stream.recogniser.set_labels(fake_bank({"walking", "running"}, {"idle", "empty"}));
  stream.push(0, 0);
  stream.finish();
  ASSERT_THAT(stream.results, SizeIs(1));
  const Result& result = stream.results[0];
  ASSERT_THAT(result.labels, SizeIs(2));
  EXPECT_EQ(result.labels[0].name, "walking");
  EXPECT_FLOAT_EQ(result.labels[0].score, 0.25F);
  EXPECT_FLOAT_EQ(result.labels[1].score, 0.125F);
  EXPECT_FLOAT_EQ(result.background, 0.625F);
  EXPECT_EQ(result.model, "fake");
}

TEST(Recogniser, TemperatureFlattensTheProbabilities) {
  RecogniserOptions options = small_windows();
  options.temperature = 2;
  Stream stream({"a", "b"}, options, model_with_logits({std::log(9.0F), 0}));
  stream.push(0, 0);
  stream.finish();
  EXPECT_FLOAT_EQ(stream.results.at(0).labels.at(0).score, 0.75F);  // 3 : 1
}

TEST(Recogniser, SimilarityIsTheCosineBehindTheLogit) {
  ModelInfo info = FakeModel::fake_info();
  info.logit_scale = 50;
  info.logit_bias = -10;
  auto model = std::make_shared<FakeModel>(info);
  model->logits = [](auto, std::size_t) { return std::vector<float>{0, 5}; };
  Stream stream({"a", "b"}, small_windows(), model);
  stream.push(0, 0);
  stream.finish();
  EXPECT_FLOAT_EQ(stream.results.at(0).labels.at(0).similarity, 0.3F);
  EXPECT_FLOAT_EQ(stream.results.at(0).labels.at(1).similarity, 0.2F);
}

TEST(Recogniser, ListsTheBestLabelsAndTheFirstOnTies) {
  RecogniserOptions options = small_windows();
  options.top_k = 3;
  Stream stream({"a", "b", "c", "d"}, options, model_with_logits({1, 2, 1, 1}));
  stream.push(0, 0);
  stream.finish();
  const auto& labels = stream.results.at(0).labels;
  ASSERT_THAT(labels, SizeIs(3));
  EXPECT_EQ(labels[0].name, "b");
  EXPECT_EQ(labels[1].name, "a");
  EXPECT_EQ(labels[2].name, "c");
}

TEST(Recogniser, AResultBelowTheThresholdCarriesNoLabel) {
  RecogniserOptions options = small_windows();
  options.threshold = 0.6;
  Stream stream({"a", "b"}, options, model_with_logits({0, 0}));
  stream.push(0, 0);
  stream.finish();
  EXPECT_FALSE(stream.results.at(0).accepted);
  EXPECT_THAT(stream.results.at(0).labels, IsEmpty());

  options.threshold = 0.5;
  stream.recogniser.set_options(options);
  stream.push(0, 0);
  stream.finish();
  EXPECT_TRUE(stream.results.at(1).accepted);
  EXPECT_THAT(stream.results.at(1).labels, SizeIs(2));
}

TEST(Recogniser, NewLabelsKeepTheWindowAndEndTheEventsOfOldOnes) {
  auto model = std::make_shared<FakeModel>();
  model->logits = [](auto, std::size_t labels) {
    std::vector<float> logits(labels, 0);
    logits[0] = 10;
    return logits;
  };
  Stream stream({"a", "b"}, small_windows(), model);
  for (int i = 0; i < 4; ++i) {
    stream.push(i, i * kSecond);
  }
  ASSERT_THAT(stream.events, SizeIs(1));
  EXPECT_EQ(stream.events[0].phase, EventPhase::start);
  stream.keep(stream.recogniser.set_labels(fake_bank({"c", "b"})));
  ASSERT_THAT(stream.events, SizeIs(2));
  EXPECT_EQ(stream.events[1].phase, EventPhase::end);
  EXPECT_EQ(stream.events[1].name, "a");
  stream.push(4, 4 * kSecond);
  stream.push(5, 5 * kSecond);
  ASSERT_THAT(stream.results, SizeIs(2));
  EXPECT_THAT(stream.model->windows()[1], ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(stream.results[1].labels[0].name, "c");
}

TEST(Recogniser, AJumpEndsEventsAndAResetClosesThemSilently) {
  Stream stream({"a", "b"}, small_windows(), model_with_logits({10, 0}));
  for (int i = 0; i < 4; ++i) {
    stream.push(i, i * kSecond);
  }
  stream.push(4, 50 * kSecond);
  ASSERT_THAT(stream.events, SizeIs(2));
  EXPECT_EQ(stream.events[1].phase, EventPhase::end);
  EXPECT_EQ(stream.events[1].end_ns, 4 * kSecond);
  for (int i = 1; i < 4; ++i) {
    stream.push(i, (50 + i) * kSecond);
  }
  ASSERT_THAT(stream.events, SizeIs(3));
  stream.recogniser.reset();
  stream.push(9, 60 * kSecond);
  EXPECT_THAT(stream.events, SizeIs(3));
  stream.finish();
  ASSERT_THAT(stream.events, SizeIs(5));
  EXPECT_EQ(stream.events[3].seq, 2U);
}

TEST(Recogniser, ReportsTheModelsErrorAndStartsAnew) {
  auto model = std::make_shared<FakeModel>();
  model->on_encode = [](std::span<const PreparedFrame> frames) {
    if (frames[0].pixels[0] == 2) {
      throw Error(ErrorCode::out_of_memory, "[encode] no memory");
    }
  };
  Stream stream({"a"}, small_windows(), model);
  stream.push(0, 0);
  stream.push(1, kSecond);
  EXPECT_THROW(stream.push(2, 2 * kSecond), Error);
  for (int i = 3; i < 7; ++i) {
    stream.push(i, i * kSecond);
  }
  ASSERT_THAT(stream.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(stream.results[0].start_ns, 3 * kSecond);
}

TEST(Recogniser, RefusesATimeThatNoStreamReaches) {
  Stream stream;
  for (const std::int64_t pts : {INT64_MAX, INT64_MIN, std::int64_t{1} << 62}) {
    EXPECT_THROW(stream.push(0, pts), Error);
  }
}

TEST(Recogniser, RefusesLogitsThatAreNoNumbers) {
  Stream stream({"a"}, small_windows(), model_with_logits({NAN}));
  stream.push(0, 0);
  EXPECT_THROW(stream.finish(), Error);
}

TEST(Recogniser, RefusesABankOfAnotherSize) {
  Stream stream;
  LabelSet labels = make_label_set({"a"});
  EXPECT_THROW(stream.recogniser.set_labels(std::make_shared<FakeBank>(labels, 3)), Error);
  EXPECT_THROW(stream.recogniser.set_labels(nullptr), Error);
}

TEST(Recogniser, RefusesImpossibleOptions) {
  const auto refused = [](auto change) {
    RecogniserOptions options;
    change(options);
    EXPECT_THROW(Stream({"a"}, options), Error);
  };
  refused([](auto& o) { o.frames = -1; });
  refused([](auto& o) { o.frames = 1 << 20; });
  refused([](auto& o) { o.window_ns = -1; });
  refused([](auto& o) { o.window_ns = 15; });
  refused([](auto& o) { o.hop_ns = -1; });
  refused([](auto& o) { o.temperature = -1; });
  refused([](auto& o) { o.top_k = 0; });
  refused([](auto& o) { o.threshold = 1.5; });
  refused([](auto& o) { o.events.enter_threshold = 0.1; });
}

TEST(Recogniser, KeepsTheWindowWhenOptionsChange) {
  Stream stream({"a"}, small_windows());
  RecogniserOptions options;  // zeros
  options.top_k = 1;
  stream.recogniser.set_options(options);
  EXPECT_EQ(stream.recogniser.options().frames, 4);
  EXPECT_EQ(stream.recogniser.options().top_k, 1);
  options.frames = 8;
  EXPECT_THROW(stream.recogniser.set_options(options), Error);
}

}  // namespace
}  // namespace vifi::testing

#include "vifi/async_recogniser.h"

#include <future>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_model.h"
#include "gate.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RecogniserOptions small_windows() {
  RecogniserOptions options;  // a sample every second, a window of 4, a result every second one
  options.frames = 4;
  options.window_ns = 4 * kSecond;
  options.hop_ns = 2 * kSecond;
  return options;
}

std::unique_ptr<Recogniser> recogniser_over(std::shared_ptr<FakeModel> model, const RecogniserOptions& options) {
  return std::make_unique<Recogniser>(std::make_shared<ModelHost>(std::move(model), HostOptions{}),
                                      fake_bank({"a", "b"}), options, prepare_number);
}

/// An asynchronous stream whose encoder waits at the gate, if `hold`.
struct Stream {
  explicit Stream(std::size_t queue_length, bool hold = false) {
    if (hold) {
      model->on_encode = [this](auto) { gate.pass(); };
    } else {
      gate.open();
    }
    model->logits = [](auto, std::size_t labels) {
      std::vector<float> logits(labels);
      logits[0] = 10;
      return logits;
    };
    async = std::make_unique<AsyncRecogniser>(recogniser_over(model, small_windows()), queue_length);
  }
  ~Stream() { gate.open(); }

  void push(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      async->push(numbered_frame(i, i * kSecond));
    }
  }

  Gate gate;
  std::shared_ptr<FakeModel> model = std::make_shared<FakeModel>();
  std::unique_ptr<AsyncRecogniser> async;
};

TEST(AsyncRecogniser, AgreesWithTheSynchronousOneWhenTheQueueIsLongEnough) {
  const auto logits = [](std::span<const float> states, std::size_t) {
    return std::vector<float>{states[0] / 50, 5};
  };
  auto sync_model = std::make_shared<FakeModel>();
  sync_model->logits = logits;
  auto sync = recogniser_over(sync_model, {});
  auto async_model = std::make_shared<FakeModel>();
  async_model->logits = logits;
  AsyncRecogniser async(recogniser_over(async_model, {}), 1000);

  Outcome expected;
  const auto keep = [&](Outcome outcome) {
    expected.results.insert(expected.results.end(), outcome.results.begin(), outcome.results.end());
    expected.events.insert(expected.events.end(), outcome.events.begin(), outcome.events.end());
  };
  for (std::int64_t i = 0; i < 610; ++i) {
    keep(sync->push(numbered_frame(i, i * kSecond / 30)));
    async.push(numbered_frame(i, i * kSecond / 30));
  }
  keep(sync->finish());
  const Outcome got = async.finish();

  EXPECT_EQ(async_model->windows(), sync_model->windows());
  ASSERT_THAT(got.results, SizeIs(expected.results.size()));
  for (std::size_t i = 0; i < got.results.size(); ++i) {
    EXPECT_EQ(to_json(got.results[i], ""), to_json(expected.results[i], ""));
  }
  ASSERT_THAT(got.events, SizeIs(expected.events.size()));
  EXPECT_GE(got.events.size(), 3U);
  for (std::size_t i = 0; i < got.events.size(); ++i) {
    EXPECT_EQ(to_json(got.events[i], ""), to_json(expected.events[i], ""));
  }
}

TEST(AsyncRecogniser, DropsTheOldestAndGivesItsPointsToTheNext) {
  Stream stream(2, /*hold=*/true);
  stream.push(0, 1);
  stream.gate.await_arrivals();
  stream.push(1, 6);  // 4 and 5 stay, 4 speaks for 1 to 4
  stream.gate.open();
  const Outcome outcome = stream.async->finish();
  ASSERT_THAT(outcome.results, SizeIs(2));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 4, 4, 4));
  EXPECT_THAT(stream.model->windows()[1], ElementsAre(4, 4, 4, 5));
  EXPECT_EQ(outcome.results[0].pts_ns, 4 * kSecond);
  EXPECT_EQ(stream.async->stats().samples_dropped, 3U);
  EXPECT_EQ(stream.async->stats().samples, 6U);
}

TEST(AsyncRecogniser, AQueueOfOneKeepsTheNewest) {
  Stream stream(1, /*hold=*/true);
  stream.push(0, 1);
  stream.gate.await_arrivals();
  stream.push(1, 4);
  stream.gate.open();
  stream.async->finish();
  ASSERT_THAT(stream.model->windows(), SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(0, 3, 3, 3));
}

TEST(AsyncRecogniser, ADroppedJumpIsNotForgotten) {
  Stream stream(1, /*hold=*/true);
  stream.push(0, 1);
  stream.gate.await_arrivals();
  stream.push(100, 102);  // 100 starts a new grid and is dropped
  stream.gate.open();
  for (const int frame : {102, 103}) {
    stream.async->drain();
    stream.push(frame, frame + 1);
  }
  const Outcome outcome = stream.async->finish();
  ASSERT_THAT(stream.model->windows(), SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(101, 101, 102, 103));
  EXPECT_EQ(outcome.results.at(0).start_ns, 100 * kSecond);
}

TEST(AsyncRecogniser, AHoleLongerThanAWindowGivesOnlyItsNewestResults) {
  Stream stream(1, /*hold=*/true);
  stream.push(0, 1);
  stream.gate.await_arrivals();
  stream.push(1, 40);
  stream.gate.open();
  stream.async->drain();
  const Outcome outcome = stream.async->take();
  ASSERT_THAT(outcome.results, SizeIs(2));
  EXPECT_EQ(outcome.results[1].end_ns, 40 * kSecond);
  EXPECT_EQ(outcome.results[1].seq, 1U);
}

TEST(AsyncRecogniser, TakeGivesEachResultOnce) {
  Stream stream(100);
  stream.push(0, 4);
  stream.async->drain();
  EXPECT_THAT(stream.async->take().results, SizeIs(1));
  EXPECT_THAT(stream.async->take().results, IsEmpty());
}

TEST(AsyncRecogniser, FlushDiscardsTheQueueTheWindowAndTheFrameAtHand) {
  Stream stream(100, /*hold=*/true);
  stream.push(0, 10);
  stream.gate.await_arrivals();
  stream.async->flush();
  stream.gate.open();
  stream.push(20, 24);
  const Outcome outcome = stream.async->finish();
  ASSERT_THAT(outcome.results, SizeIs(1));
  EXPECT_THAT(stream.model->windows(), ElementsAre(ElementsAre(20, 21, 22, 23)));
  EXPECT_THAT(stream.model->batches(), SizeIs(5));
}

TEST(AsyncRecogniser, FlushDiscardsWhatWasNotTakenAndClosesEventsSilently) {
  Stream stream(100);
  stream.push(0, 4);
  stream.async->drain();
  stream.async->flush();
  const Outcome outcome = stream.async->finish();
  EXPECT_THAT(outcome.results, IsEmpty());
  EXPECT_THAT(outcome.events, IsEmpty());
}

TEST(AsyncRecogniser, FlushWakesWhoeverWaits) {
  Stream stream(100, /*hold=*/true);
  stream.push(0, 2);
  stream.gate.await_arrivals();
  auto drained = std::async(std::launch::async, [&] { stream.async->drain(); });
  auto finished = std::async(std::launch::async, [&] { return stream.async->finish(); });
  // Who comes after a flush waits again: the encoder is still held.
  while (drained.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready ||
         finished.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    stream.async->flush();
  }
  EXPECT_THAT(finished.get().results, IsEmpty());
}

TEST(AsyncRecogniser, SurfacesTheWorkersErrorOnceAndGoesOn) {
  Stream stream(100);
  stream.model->on_encode = [](std::span<const PreparedFrame> frames) {
    if (frames[0].pixels[0] == 1) {
      throw Error(ErrorCode::out_of_memory, "[encode] no memory");
    }
  };
  stream.push(0, 6);
  stream.async->drain();
  EXPECT_THROW(stream.async->take(), Error);
  EXPECT_THAT(stream.async->take().results, SizeIs(1));
  EXPECT_THAT(stream.model->windows()[0], ElementsAre(2, 3, 4, 5));
}

TEST(AsyncRecogniser, NewLabelsEndOldEventsWithoutANewFrame) {
  Stream stream(100);
  stream.push(0, 4);
  stream.async->drain();
  EXPECT_THAT(stream.async->take().events, SizeIs(1));
  stream.async->set_labels(fake_bank({"c"}));
  stream.async->drain();
  const Outcome outcome = stream.async->take();
  ASSERT_THAT(outcome.events, SizeIs(1));
  EXPECT_EQ(outcome.events[0].phase, EventPhase::end);
  stream.push(4, 6);
  EXPECT_EQ(stream.async->finish().results.at(0).labels.at(0).name, "c");
}

TEST(AsyncRecogniser, RefusesBadLabelsAndOptionsAtOnce) {
  Stream stream(100);
  EXPECT_THROW(stream.async->set_labels(nullptr), Error);
  RecogniserOptions options;
  options.frames = 7;
  EXPECT_THROW(stream.async->set_options(options), Error);
  options = {};
  options.events.exit_threshold = 2;
  EXPECT_THROW(stream.async->set_options(options), Error);
  options = {};
  options.top_k = 1;
  stream.async->set_options(options);
  stream.push(0, 4);
  EXPECT_THAT(stream.async->finish().results.at(0).labels, SizeIs(1));
}

TEST(AsyncRecogniser, GoesWhileWorkIsWaiting) {
  Stream stream(100, /*hold=*/true);
  stream.push(0, 10);
  stream.gate.await_arrivals();
  auto gone = std::async(std::launch::async, [&] { stream.async.reset(); });
  stream.gate.open();
  gone.get();
}

TEST(AsyncRecogniser, RefusesAnEmptyQueue) {
  EXPECT_THROW(AsyncRecogniser(recogniser_over(std::make_shared<FakeModel>(), {}), 0), Error);
  EXPECT_THROW(AsyncRecogniser(nullptr, 1), Error);
}

}  // namespace
}  // namespace vifi::testing

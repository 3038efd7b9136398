#include "data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "data/epoch_order.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

/// Clips of two values: the sample's number and its first draw.
class NumberedClips : public ClipSource {
 public:
  explicit NumberedClips(std::size_t size, std::vector<std::size_t> broken = {}) : size_(size), broken_(std::move(broken)) {}

  std::size_t size() const override { return size_; }
  std::array<std::int64_t, 4> shape() const override { return {2, 1, 1, 1}; }
  std::int64_t label(std::size_t sample) const override { return static_cast<std::int64_t>(sample) * 10; }
  std::string name(std::size_t sample) const override { return "clip " + std::to_string(sample); }
  std::unique_ptr<ClipReader> reader() const override { return std::make_unique<Reader>(*this); }

  mutable std::atomic<int> reads = 0;

 private:
  class Reader : public ClipReader {
   public:
    explicit Reader(const NumberedClips& clips) : clips_(clips) {}
    void read(std::size_t sample, Random& random, std::span<float> images) override {
      ++clips_.reads;
      if (std::find(clips_.broken_.begin(), clips_.broken_.end(), sample) != clips_.broken_.end()) {
        throw Error(ErrorCode::corrupt, "[test] " + clips_.name(sample) + " is broken");
      }
      images[0] = static_cast<float>(sample);
      images[1] = static_cast<float>(random.uniform());
    }

   private:
    const NumberedClips& clips_;
  };

  std::size_t size_;
  std::vector<std::size_t> broken_;
};

std::vector<Batch> epoch(Loader& loader, std::int64_t number, std::int64_t first_step = 0) {
  loader.begin(number, first_step);
  std::vector<Batch> batches;
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

std::vector<float> values(const std::vector<Batch>& batches) {
  std::vector<float> all;
  for (const Batch& batch : batches) all.insert(all.end(), batch.images.begin(), batch.images.end());
  return all;
}

std::vector<std::int64_t> samples(const std::vector<Batch>& batches) {
  std::vector<std::int64_t> all;
  for (const Batch& batch : batches) all.insert(all.end(), batch.samples.begin(), batch.samples.end());
  return all;
}

TEST(Loader, ABatchHoldsImagesLabelsAndNumbers) {
  Loader loader(std::make_shared<NumberedClips>(5), {.batch = 2, .shuffle = false, .drop_last = false});
  const auto batches = epoch(loader, 0);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[1].step, 1);
  EXPECT_EQ(batches[1].shape, (std::array<std::int64_t, 5>{2, 2, 1, 1, 1}));
  EXPECT_EQ(batches[1].labels, (std::vector<std::int64_t>{20, 30}));
  EXPECT_EQ(batches[1].images[0], 2);
  EXPECT_EQ(batches[1].images[2], 3);
  EXPECT_EQ(batches[2].shape[0], 1);
}

TEST(Loader, WorkersAndPrefetchChangeNothing) {
  const auto source = std::make_shared<NumberedClips>(23);
  std::vector<float> expected;
  for (const int workers : {1, 2, 5}) {
    for (const int prefetch : {1, 4}) {
      Loader loader(source, {.batch = 4, .workers = workers, .prefetch = prefetch, .drop_last = false, .seed = 3});
      const auto seen = values(epoch(loader, 1));
      if (expected.empty()) expected = seen;
      EXPECT_EQ(seen, expected) << workers << " workers, " << prefetch << " ahead";
    }
  }
}

TEST(Loader, EpochsAndSeedsDiffer) {
  const auto source = std::make_shared<NumberedClips>(23);
  Loader loader(source, {.batch = 4, .seed = 3});
  Loader other(source, {.batch = 4, .seed = 4});
  const auto first = values(epoch(loader, 0));
  EXPECT_NE(first, values(epoch(loader, 1)));
  EXPECT_NE(first, values(epoch(other, 0)));
  EXPECT_EQ(first, values(epoch(loader, 0)));
}

TEST(Loader, AResumedEpochGoesOnWhereItStopped) {
  Loader loader(std::make_shared<NumberedClips>(23), {.batch = 4, .seed = 3});
  const auto whole = epoch(loader, 2);
  const auto rest = epoch(loader, 2, 3);
  ASSERT_EQ(rest.size(), whole.size() - 3);
  EXPECT_EQ(rest.front().step, 3);
  EXPECT_EQ(rest.front().images, whole[3].images);
}

TEST(Loader, RanksShareTheSamples) {
  std::map<std::int64_t, int> seen;
  for (int rank = 0; rank < 3; ++rank) {
    Loader loader(std::make_shared<NumberedClips>(11), {.batch = 2, .drop_last = false, .rank = rank, .ranks = 3});
    for (const std::int64_t sample : samples(epoch(loader, 0))) ++seen[sample];
  }
  EXPECT_EQ(seen.size(), 11U);
  for (const auto& [sample, count] : seen) EXPECT_EQ(count, 1) << sample;
}

TEST(Loader, RanksOfATrainingHaveEqualSteps) {
  for (int rank = 0; rank < 3; ++rank) {
    Loader loader(std::make_shared<NumberedClips>(23), {.batch = 2, .rank = rank, .ranks = 3});
    EXPECT_EQ(loader.steps(), 3);  // 7 samples each, of which 6 are used
    EXPECT_EQ(epoch(loader, 0).size(), 3U);
  }
}

TEST(Loader, ReadsNoFurtherAheadThanTold) {
  const auto source = std::make_shared<NumberedClips>(1000);
  Loader loader(source, {.batch = 2, .workers = 3, .prefetch = 2});
  loader.begin(0);
  loader.next();
  loader.next();
  EXPECT_LE(source->reads, 8);  // two used, two ahead
}

TEST(Loader, ABrokenSampleIsFatalByDefault) {
  Loader loader(std::make_shared<NumberedClips>(9, std::vector<std::size_t>{4}), {.batch = 3, .shuffle = false});
  loader.begin(0);
  EXPECT_TRUE(loader.next());
  EXPECT_THROW(loader.next(), Error);
  EXPECT_FALSE(loader.next());
  EXPECT_NO_THROW(loader.begin(1));
}

TEST(Loader, SkippedSamplesAreLeftOutNamedAndCountedOnce) {
  Loader loader(std::make_shared<NumberedClips>(6, std::vector<std::size_t>{1, 3, 4, 5}),
                {.batch = 3, .shuffle = false, .on_broken = OnBroken::skip});
  for (int repeat = 0; repeat < 2; ++repeat) {
    const auto batches = epoch(loader, 0);
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(batches[0].samples, (std::vector<std::int64_t>{0, 2}));
    EXPECT_EQ(batches[0].labels, (std::vector<std::int64_t>{0, 20}));
    EXPECT_EQ(batches[0].images[2], 2);
    EXPECT_EQ(batches[0].images.size(), 4U);
    EXPECT_EQ(batches[1].shape[0], 0);
  }
  const auto broken = loader.broken();
  ASSERT_EQ(broken.size(), 4U);
  EXPECT_EQ(broken[0].name, "clip 1");
  EXPECT_NE(broken[0].error.find("clip 1 is broken"), std::string::npos);
}

TEST(Loader, CanBeLeftInTheMiddle) {
  Loader loader(std::make_shared<NumberedClips>(100), {.batch = 2});
  loader.begin(0);
  loader.next();
  loader.begin(1);
  EXPECT_TRUE(loader.next());
}

TEST(Loader, TakesBackMemory) {
  Loader loader(std::make_shared<NumberedClips>(8), {.batch = 2, .prefetch = 1});
  loader.begin(0);
  int count = 0;
  while (auto batch = loader.next()) {
    EXPECT_EQ(batch->images.size(), 4U);
    loader.recycle(std::move(*batch));
    ++count;
  }
  EXPECT_EQ(count, 4);
}

TEST(Loader, RefusesWhatCannotWork) {
  const auto source = std::make_shared<NumberedClips>(4);
  EXPECT_THROW(Loader(source, {.batch = 0}), Error);
  EXPECT_THROW(Loader(source, {.workers = 0}), Error);
  EXPECT_THROW(Loader(source, {.prefetch = 0}), Error);
  EXPECT_THROW(Loader(source, {.rank = 2, .ranks = 2}), Error);
}

TEST(EpochOrder, IsAPermutation) {
  auto order = epoch_order({.samples = 50, .seed = 1, .epoch = 2, .batch = 7, .drop_last = false});
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(order[i], static_cast<std::int64_t>(i));
}

}  // namespace
}  // namespace vifi::train

// The few rows of the token table that a small world's texts need.
#include "pretraining/token_rows.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include "clip/initial_clip.h"
#include "clip/trained_clip.h"
#include "pretraining/pretrainer.h"
#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace vifi::train {
namespace {

const std::vector<std::string> kTexts{"a red ball.", "two dogs"};

TEST(TokenRows, AreThoseOfTheTextsInTheOrderOfTheirIds) {
  const TokenRows tokens(kTexts);
  EXPECT_EQ(tokens.size(), 9);  // padding, begin, end, "a", "red", "ball", ".", "two", "dogs"
  const at::Tensor rows = tokens.rows_of({"two red dogs"}, 77);
  ASSERT_EQ(rows.sizes(), (std::vector<std::int64_t>{1, 77}));
  EXPECT_EQ(rows.max().item<std::int64_t>(), 8);         // the end token is the highest still
  EXPECT_EQ(rows.argmax(1).item<std::int64_t>(), 4);     // begin, two, red, dogs, end
  EXPECT_EQ(rows.select(1, 5).item<std::int64_t>(), 0);  // padding
}

TEST(TokenRows, AWordThatNoTextHasIsRefused) {
  const TokenRows tokens(kTexts);
  EXPECT_THROW(tokens.rows_of({"a green ball."}, 77), Error);
}

TEST(TokenRows, TheWholeTableReadsTextsAsTheRowsDid) {
  const TokenRows tokens(kTexts);
  ClipConfig config = small_clip();
  config.vocab_size = tokens.size();
  const ClipWeights few = initial_clip(config, at::detail::createCPUGenerator(3));
  ClipWeights all = few;
  at::Tensor& table = all.tensors.at("token_embedding.weight");
  table = tokens.whole_table(few.tensors.at("token_embedding.weight"));
  all.config.vocab_size = table.size(0);
  ASSERT_EQ(table.size(0), 49408);

  const TokenBatch batch = clip_tokenizer()->encode(kTexts, 77, false);
  const at::Tensor ids = at::empty({2, 77}, at::kLong);
  std::copy(batch.ids.begin(), batch.ids.end(), ids.mutable_data_ptr<std::int64_t>());
  EXPECT_TRUE(
      at::allclose(TrainedClip(all).text_features(ids), TrainedClip(few).text_features(tokens.rows_of(kTexts, 77))));
  EXPECT_EQ(table.select(0, 1000).abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace vifi::train

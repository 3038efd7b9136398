#include "distributed/gradient_buckets.h"

#include <functional>

#include <gmock/gmock.h>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using testing::ElementsAre;

/// Two processes with the same gradients, of which this one is rank 0: sums are twice what is sent, and end when they
/// are waited for. In what rank 0 tells, in double precision, the other has zeros.
class TwinGroup final : public ProcessGroup {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  std::unique_ptr<PendingSum> begin_sum(const at::Tensor& values) override {
    if (on_begin) on_begin(values);
    begun.push_back(values.numel());
    return std::make_unique<Twin>(values, values.scalar_type() == at::kFloat ? 2 : 1);
  }

  std::function<void(const at::Tensor&)> on_begin;
  std::vector<std::int64_t> begun;  ///< sizes, in their order

 private:
  class Twin final : public PendingSum {
   public:
    Twin(at::Tensor values, int processes) : values_(std::move(values)), processes_(processes) {}
    void wait() override { values_.mul_(processes_); }

   private:
    at::Tensor values_;
    int processes_;
  };
};

at::Tensor parameter(double value, std::int64_t size) {
  return at::full({size}, value, at::kFloat).set_requires_grad(true);
}

/// y = ((x * first) * second) * third; going back, third is complete first.
class Buckets : public testing::Test {
 protected:
  void forward_and_back(GradientBuckets& buckets) {
    const at::Tensor loss = (at::arange(4, at::kFloat) * first * second * third).sum();
    buckets.begin({});
    loss.backward();
  }
  void step(GradientBuckets& buckets) {
    forget();
    group.begun.clear();
    forward_and_back(buckets);
    buckets.finish();
  }
  void forget() {
    for (const at::Tensor& tensor : {first, second, third, unused}) at::Tensor(tensor).mutable_grad() = at::Tensor();
  }
  std::vector<at::Tensor> all() const { return {first, second, third, unused}; }

  at::Tensor first = parameter(2, 4), second = parameter(3, 4), third = parameter(5, 4), unused = parameter(7, 2);
  TwinGroup group;
};

TEST_F(Buckets, GiveTheMeanInEveryStep) {
  GradientBuckets buckets(group, all(), 1);
  for (int i = 0; i < 3; ++i) {
    step(buckets);
    EXPECT_TRUE((first.grad() == at::arange(4, at::kFloat) * 15).all().item<bool>()) << "step " << i;
    EXPECT_TRUE((third.grad() == at::arange(4, at::kFloat) * 6).all().item<bool>()) << "step " << i;
    EXPECT_FALSE(unused.grad().defined());
  }
}

TEST_F(Buckets, BeginWhileTheBackwardPassGoesOn) {
  GradientBuckets buckets(group, all(), 1);
  step(buckets);  // learns the order
  std::vector<bool> first_was_there;
  group.on_begin = [&](const at::Tensor&) { first_was_there.push_back(first.grad().defined()); };
  step(buckets);
  EXPECT_THAT(first_was_there, ElementsAre(false, false, true, true));  // third, second; first; what has none
  EXPECT_THAT(group.begun, ElementsAre(5, 5, 5, 3));
}

TEST_F(Buckets, AreAsLargeAsAskedFor) {
  GradientBuckets buckets(group, all(), 32);
  step(buckets);
  step(buckets);
  EXPECT_THAT(group.begun, ElementsAre(2 + 8, 2 + 6));
}

TEST_F(Buckets, BeginInTheSameOrderWhereNothingGoesBack) {
  GradientBuckets buckets(group, all(), 1);
  step(buckets);
  step(buckets);
  const std::vector<std::int64_t> usual = group.begun;
  group.begun.clear();
  forget();
  buckets.finish();
  EXPECT_EQ(group.begun, usual);
}

TEST_F(Buckets, TakeAGradientThatOnlyAnotherProcessHas) {
  GradientBuckets buckets(group, all(), 1);
  step(buckets);
  group.on_begin = [&](const at::Tensor& values) {  // half of what the other has is added twice
    if (values.numel() == 3) values.copy_(at::full({3}, 0.5));
  };
  step(buckets);
  ASSERT_TRUE(unused.grad().defined());
  EXPECT_TRUE((unused.grad() == 0.5).all().item<bool>());
}

TEST_F(Buckets, HaveTheGradientsOfEarlierPassesInThem) {
  GradientBuckets buckets(group, all(), 1);
  step(buckets);
  forget();
  (at::arange(4, at::kFloat) * first).sum().backward();  // a micro-step before the last
  forward_and_back(buckets);
  buckets.finish();
  EXPECT_TRUE((first.grad() == at::arange(4, at::kFloat) * 16).all().item<bool>());
}

TEST_F(Buckets, AverageTheTextsGradientBeforeItGoesBack) {
  GradientBuckets buckets(group, all(), 1);
  for (int i = 0; i < 2; ++i) {
    forget();
    group.begun.clear();
    const at::Tensor text = third * 2;
    const at::Tensor leaf = text.detach().set_requires_grad(true);
    const at::Tensor loss = (at::arange(4, at::kFloat) * first * leaf).sum();
    buckets.begin(leaf);
    loss.backward();
    buckets.finish_leaf(leaf);
    EXPECT_TRUE((leaf.grad() == at::arange(4, at::kFloat) * 2).all().item<bool>());
    text.backward(leaf.grad());
    buckets.finish();
    EXPECT_TRUE((third.grad() == at::arange(4, at::kFloat) * 4).all().item<bool>());
  }
  // The leaf's, without a flag; then buckets of 1 + 4, and of what has no gradient.
  EXPECT_THAT(group.begun, ElementsAre(4, 5, 5, 3, 5));
}

TEST_F(Buckets, WaitForAGradientThatTwoPassesAddTo) {
  GradientBuckets buckets(group, {first, second}, 1);
  for (int i = 0; i < 2; ++i) {
    forget();
    buckets.begin({});
    (first * second).sum().backward();
    (second * 4).sum().backward();
    buckets.finish();
    EXPECT_TRUE((second.grad() == 6).all().item<bool>()) << "step " << i;
  }
}

TEST_F(Buckets, RefuseAGradientThatComesTooLate) {
  GradientBuckets buckets(group, all(), 1);
  step(buckets);
  forget();
  forward_and_back(buckets);
  EXPECT_THROW((third * 4).sum().backward(), Error);
}

TEST_F(Buckets, LeaveNoHookBehind) {
  { GradientBuckets buckets(group, all(), 1); }
  (first * second).sum().backward();
  EXPECT_TRUE(first.grad().defined());
}

}  // namespace
}  // namespace vifi::train

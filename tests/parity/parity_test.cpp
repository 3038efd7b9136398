#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>

#include "runner.h"
#include "vifi/error.h"

namespace vifi::parity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

Tensor floats(std::vector<std::int64_t> shape, std::vector<float> values) {
  return make_tensor<float>("F32", std::move(shape), values);
}

Tensor integers(std::vector<std::int64_t> values) {
  return make_tensor<std::int64_t>("I64", {static_cast<std::int64_t>(values.size())}, values);
}

TEST(CompareTensor, AcceptsWhatLiesWithinTheTolerance) {
  EXPECT_TRUE(compare_tensor("x", floats({2}, {1.5f, 100.5f}), floats({2}, {1.0f, 100.0f}), {0.5, 0}).passed);
  EXPECT_TRUE(compare_tensor("x", floats({1}, {101.0f}), floats({1}, {100.0f}), {0, 0.01}).passed);
}

TEST(CompareTensor, AWrongValueFailsAndIsNamed) {
  const auto result =
      compare_tensor("logits", floats({2, 2}, {1, 2, 3, 4.5f}), floats({2, 2}, {1, 2, 3, 4}), {0.25, 0});
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.beyond, 1);
  EXPECT_EQ(result.text(),
            "tensor logits: largest error 0.5 at [1, 1] (got 4.5, expected 4), tolerance 0.25 + 0*|expected|, 1 of 4 "
            "values beyond it");
}

TEST(CompareTensor, TheWorstValueIsTheOneFurthestBeyondItsOwnTolerance) {
  // 10 % of 1000 allows an error of 100; 10 % of 1 allows none of 0.5
  const auto result = compare_tensor("x", floats({2}, {1050, 1.5f}), floats({2}, {1000, 1}), {0, 0.1});
  EXPECT_EQ(result.where, "[1]");
  EXPECT_EQ(result.beyond, 1);
}

TEST(CompareTensor, IntegersAreExactWhateverTheTolerance) {
  EXPECT_TRUE(compare_tensor("ids", integers({1, 2}), integers({1, 2}), {5, 5}).passed);
  EXPECT_FALSE(compare_tensor("ids", integers({1, 3}), integers({1, 2}), {5, 5}).passed);
  constexpr std::int64_t large = (std::int64_t{1} << 60) + 1;  // a double would not tell it from its neighbour
  EXPECT_FALSE(compare_tensor("ids", integers({large}), integers({large - 1}), {0, 0}).passed);
}

TEST(CompareTensor, FloatsDoNotPassForIntegers) {
  EXPECT_THAT(compare_tensor("ids", floats({1}, {1}), integers({1}), {}).text(), HasSubstr("dtype F32, expected I64"));
}

TEST(CompareTensor, RoundedPixelsMayStandForFloats) {
  const std::vector<std::uint8_t> pixels = {128};
  EXPECT_TRUE(
      compare_tensor("rgb", make_tensor<std::uint8_t>("U8", {1}, pixels), floats({1}, {127.6f}), {1, 0}).passed);
}

TEST(CompareTensor, AnotherShapeFailsEvenWithTheSameValues) {
  EXPECT_THAT(compare_tensor("x", floats({4}, {1, 2, 3, 4}), floats({2, 2}, {1, 2, 3, 4}), {1, 1}).text(),
              HasSubstr("shape [4], expected [2, 2]"));
}

TEST(CompareTensor, NanAndInfinityPassOnlyForThemselves) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(compare_tensor("x", floats({2}, {nan, inf}), floats({2}, {nan, inf}), {0, 0}).passed);
  EXPECT_FALSE(compare_tensor("x", floats({1}, {nan}), floats({1}, {1}), {1e9, 1}).passed);
  EXPECT_FALSE(compare_tensor("x", floats({1}, {1}), floats({1}, {nan}), {1e9, 1}).passed);
  EXPECT_FALSE(compare_tensor("x", floats({1}, {1}), floats({1}, {inf}), {1e9, 1}).passed);
  EXPECT_FALSE(compare_tensor("x", floats({1}, {-inf}), floats({1}, {inf}), {1e9, 1}).passed);
}

TEST(CompareTensor, ATensorShorterThanItsShapeIsAnError) {
  EXPECT_THROW(compare_tensor("x", floats({3}, {1, 2}), floats({3}, {1, 2, 3}), {}), std::runtime_error);
}

TEST(CompareOutput, MissingTensorsAndWrongValuesAreComplaints) {
  Expectation want;
  want.tensors["x"] = floats({1}, {1});
  want.tolerances["x"] = {};
  want.values = {{"top1", 50.0}, {"total", 4}};
  Output got;
  got.values = {{"top1", 25.0}};
  EXPECT_THAT(compare_output(got, want), ElementsAre("tensor x: missing", "value top1: got 25.0, expected 50.0",
                                                     "value total: missing, expected 4"));
}

TEST(CompareOutput, NumbersInValuesCompareAsNumbersAndExtrasDoNotMatter) {
  Expectation want;
  want.values = {{"epochs", 3}};
  Output got;
  got.values = {{"epochs", 3.0}, {"other", 1}};
  EXPECT_THAT(compare_output(got, want), IsEmpty());
}

TEST(SameKind, OnlyBrokenFilesMayBeCalledEitherWay) {
  EXPECT_TRUE(same_kind("corrupt", "truncated"));
  EXPECT_TRUE(same_kind("truncated", "corrupt"));
  EXPECT_FALSE(same_kind("corrupt", "unsupported"));
  EXPECT_TRUE(same_kind("unsupported", "any"));
  EXPECT_FALSE(same_kind("out_of_memory", "any"));
  EXPECT_FALSE(same_kind("internal", "any"));
}

/// A case that runs `operation`, registered under a name of its own.
CaseFile case_of(const std::string& op, Operation operation) {
  if (!find_operation(op)) {
    register_operation(op, std::move(operation));
  }
  CaseFile file;
  file.suite = "suite";
  file.name = op;
  file.op = op;
  return file;
}

TEST(RunCase, AnUnknownOperationIsUnsupported) {
  CaseFile file;
  file.op = "no such operation";
  EXPECT_EQ(run_case(file).status, Status::unsupported);
}

TEST(RunCase, ARefusalPassesOnlyWhereOneOfItsKindIsExpected) {
  CaseFile file = case_of("refuses", [](const Case&) -> Output { throw Refused("too_long", "text 3 is too long"); });
  EXPECT_EQ(run_case(file).status, Status::failed);
  file.expect.error = "too_long";
  EXPECT_EQ(run_case(file).status, Status::passed);
  file.expect.error = "not_found";
  EXPECT_EQ(run_case(file).status, Status::failed);
}

TEST(RunCase, TheMessageMustContainWhatTheCaseAsksFor) {
  CaseFile file = case_of("explains", [](const Case&) -> Output { throw Refused("unknown_key", "TRAIN.EPOCH"); });
  file.expect.error = "unknown_key";
  file.expect.values = {{"message_contains", {"TRAIN.EPOCH"}}};
  EXPECT_EQ(run_case(file).status, Status::passed);
  file.expect.values = {{"message_contains", {"TRAIN.LR"}}};
  EXPECT_EQ(run_case(file).status, Status::failed);
}

TEST(RunCase, AnErrorOfTheLibraryCountsAsItsCode) {
  CaseFile file = case_of("errs", [](const Case&) -> Output { throw Error(ErrorCode::not_found, "[x] y"); });
  file.expect.error = "not_found";
  EXPECT_EQ(run_case(file).status, Status::passed);
}

TEST(RunCase, AnAcceptedInputFailsWhereARefusalIsExpected) {
  CaseFile file = case_of("accepts", [](const Case&) { return Output{}; });
  file.expect.error = "any";
  EXPECT_EQ(run_case(file).status, Status::failed);
}

TEST(RunCase, AnyOtherExceptionFailsEvenWhereARefusalIsExpected) {
  CaseFile file = case_of("throws", [](const Case&) -> Output { throw std::runtime_error("oops"); });
  file.expect.error = "any";
  EXPECT_THAT(run_case(file).complaints, ElementsAre("threw: oops"));
}

TEST(RunCaseIsolated, PassesTheOutcomeThrough) {
  CaseFile file = case_of("isolated", [](const Case&) {
    Output output;
    output.values = {{"n", 1}};
    return output;
  });
  file.expect.values = {{"n", 1}};
  EXPECT_EQ(run_case_isolated(file).status, Status::passed);
  file.expect.values = {{"n", 2}};
  EXPECT_THAT(run_case_isolated(file).complaints, ElementsAre("value n: got 1, expected 2"));
}

TEST(RunCaseIsolated, ACrashIsAFailureOfTheCaseAlone) {
  CaseFile file = case_of("crashes", [](const Case&) -> Output { std::abort(); });
  file.expect.error = "any";
  EXPECT_THAT(run_case_isolated(file).complaints, ElementsAre(HasSubstr("signal")));
}

TEST(RunCaseIsolated, ACaseThatDoesNotEndIsStopped) {
  CaseFile file = case_of("loops", [](const Case&) -> Output {
    for (volatile bool forever = true; forever;) {
    }
    return {};
  });
  file.limits.time = std::chrono::milliseconds(50);
  EXPECT_THAT(run_case_isolated(file).complaints, ElementsAre(HasSubstr("did not end within 50 ms")));
}

TEST(RunCaseIsolated, MemoryBeyondTheLimitIsAFailure) {
  CaseFile file = case_of("hoards", [](const Case&) {
    std::vector<char> hoard(std::size_t{256} << 20, 1);
    Output output;
    output.values = {{"last", hoard.back()}};
    return output;
  });
  file.expect.values = {{"last", 1}};
  EXPECT_EQ(run_case_isolated(file).status, Status::passed);
  file.limits.memory_bytes = std::uint64_t{64} << 20;
  EXPECT_THAT(run_case_isolated(file).complaints, ElementsAre("ran out of memory"));
}

TEST(RunCaseIsolated, AFileLeftBehindIsAFailure) {
  CaseFile file = case_of("litters", [](const Case&) {
    std::ofstream("pwned") << "x";
    return Output{};
  });
  EXPECT_THAT(run_case_isolated(file).complaints, ElementsAre("left pwned in its working folder"));
}

class ReadSafetensors : public ::testing::Test {
 protected:
  fs::path write(const std::string& header, const std::string& data) {
    const fs::path path = fs::path(::testing::TempDir()) / "parity_test.safetensors";
    std::ofstream stream(path, std::ios::binary);
    const std::uint64_t size = header.size();
    stream.write(reinterpret_cast<const char*>(&size), sizeof size);
    stream << header << data;
    return path;
  }
};

TEST_F(ReadSafetensors, ReadsShapesTypesAndValues) {
  const auto tensors = read_safetensors(write(R"({"in/x":{"dtype":"U8","shape":[1,3],"data_offsets":[0,3]}})", "abc"));
  ASSERT_TRUE(tensors.contains("in/x"));
  EXPECT_THAT(tensors.at("in/x").shape, ElementsAre(1, 3));
  EXPECT_THAT(tensors.at("in/x").as<std::uint8_t>(), ElementsAre('a', 'b', 'c'));
  EXPECT_THROW(tensors.at("in/x").as<float>(), std::runtime_error);
}

TEST_F(ReadSafetensors, RefusesARangeThatTheFileOrTheShapeDoesNotFill) {
  EXPECT_THROW(read_safetensors(write(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abc")),
               std::runtime_error);
  EXPECT_THROW(read_safetensors(write(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}})", "abc")),
               std::runtime_error);
}

}  // namespace
}  // namespace vifi::parity

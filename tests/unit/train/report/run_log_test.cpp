#include "report/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "support/temporary_folder.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using testing::HasSubstr;

class RunLogFile : public testing::Test {
 protected:
  RunLog read(const std::string& text) const {
    std::ofstream(folder_.path("log.jsonl")) << text;
    return read_run_log(folder_.path("log.jsonl"));
  }
  std::string error(const std::string& text) const {
    try {
      read(text);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(RunLogFile, HoldsStepsAndTestsInTheirOrder) {
  const RunLog log = read(
      "{\"epoch\":0,\"step\":2,\"steps\":4,\"loss\":2.5,\"lr\":0.1}\n"
      "{\"epoch\":0,\"samples\":10,\"top1\":40.0,\"top5\":90.0}\n"
      "{\"epoch\":1,\"step\":2,\"steps\":4,\"loss\":1.5,\"lr\":0.2}\n"
      "{\"epoch\":1,\"samples\":10,\"top1\":30.0,\"top5\":95.0}\n");
  ASSERT_EQ(log.steps.size(), 2U);
  EXPECT_EQ(log.steps_per_epoch, 4);
  EXPECT_EQ(log.epochs_at(log.steps[1]), 1.5);
  EXPECT_EQ(log.steps[1].loss, 1.5);
  EXPECT_EQ(log.steps[1].lr, 0.2);
  ASSERT_TRUE(log.best());
  EXPECT_EQ(log.best()->epoch, 0);
  EXPECT_EQ(log.best()->top1, 40.0);
}

TEST_F(RunLogFile, WhatIsTrainedAgainReplacesWhatWas) {
  const RunLog log = read(
      "{\"epoch\":0,\"step\":2,\"loss\":1,\"lr\":0}\n"
      "{\"epoch\":0,\"top1\":10,\"top5\":20}\n"
      "{\"epoch\":1,\"step\":1,\"loss\":2,\"lr\":0}\n"
      "{\"epoch\":1,\"step\":2,\"loss\":3,\"lr\":0}\n"
      "{\"epoch\":1,\"top1\":99,\"top5\":99}\n"
      "{\"epoch\":1,\"step\":1,\"loss\":4,\"lr\":0}\n");
  ASSERT_EQ(log.steps.size(), 2U);
  EXPECT_EQ(log.steps[1].loss, 4);
  ASSERT_EQ(log.tests.size(), 1U);
  EXPECT_EQ(log.tests[0].top1, 10);
}

TEST_F(RunLogFile, ALossThatIsNoNumberIsKeptAsSuch) {
  EXPECT_TRUE(std::isnan(read("{\"epoch\":0,\"step\":1,\"loss\":null,\"lr\":0}\n").steps[0].loss));
}

TEST_F(RunLogFile, ABrokenLineIsNamedWithItsNumber) {
  const std::string good = "{\"epoch\":0,\"step\":1,\"loss\":1,\"lr\":0}\n";
  EXPECT_THAT(error(good + "\n" + "{\"epoch\":0,\"st\n" + good), HasSubstr("log.jsonl: line 3 is"));
  EXPECT_THAT(error(good + "{\"epoch\":0,\"step\":1,\"loss\":\"much\",\"lr\":0}\n"), HasSubstr("line 2 is"));
  EXPECT_THAT(error("[1]\n"), HasSubstr("line 1 is"));
  EXPECT_THAT(error("{\"epoch\":-1,\"step\":1,\"loss\":1,\"lr\":0}\n"), HasSubstr("line 1 is"));
}

TEST_F(RunLogFile, ALastLineThatIsStillBeingWrittenIsPassedOver) {
  EXPECT_EQ(read("{\"epoch\":0,\"step\":1,\"loss\":1,\"lr\":0}\n{\"epoch\":0,\"st").steps.size(), 1U);
}

}  // namespace
}  // namespace vifi::train

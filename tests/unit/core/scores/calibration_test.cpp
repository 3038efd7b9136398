#include "vifi/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/temporary_folder.h"
#include "vifi/bundle.h"
#include "vifi/error.h"

namespace vifi {
namespace {

TEST(RocArea, CountsPairsAndHalvesTies) {
  const std::vector<double> positives{0.9, 0.5, 0.5}, negatives{0.5, 0.1};
  EXPECT_DOUBLE_EQ(roc_area(positives, negatives), (2 + 1.5 + 1.5) / 6);
  EXPECT_TRUE(std::isnan(roc_area(positives, {})));
}

TEST(FalsePositiveRate, IsTakenWhereTheRecallIsReached) {
  std::vector<double> positives;
  for (int i = 1; i <= 20; ++i)
    positives.push_back(i);
  const std::vector<double> negatives{0, 1, 2, 3};  // 19 of 20 positives reach 2
  EXPECT_DOUBLE_EQ(false_positive_rate(positives, negatives), 0.5);
  EXPECT_DOUBLE_EQ(false_positive_rate(positives, negatives, 1), 0.75);
}

TEST(CalibrationError, IsTheMeanGapOfTheBins) {
  const std::vector<double> confidences{0.95, 0.95, 0.65, 1};
  EXPECT_NEAR(calibration_error(confidences, {true, false, true, true}), (std::abs(2.9 - 2) + std::abs(0.65 - 1)) / 4,
              1e-12);
}

TEST(FitTemperature, FindsWhereConfidenceEqualsAccuracy) {
  // Of two labels a logit apart the first is right three times in four: 1/(1+exp(-1/T)) = 3/4.
  std::vector<JudgedLogits> windows(3, {{1, 0}, {0}});
  windows.push_back({{1, 0}, {1}});
  windows.push_back({{50, 0}, {}});  // shows nothing that is known
  EXPECT_NEAR(fit_temperature(windows), 1 / std::log(3), 1e-3);
  EXPECT_THROW(fit_temperature(std::vector<JudgedLogits>{{{1, 0}, {}}}), Error);
}

TEST(FitTemperature, AnyOfSeveralTruthsIsRight) {
  std::vector<JudgedLogits> windows(3, {{0, 1, 1}, {1, 2}});
  windows.push_back({{0, 1, 1}, {0}});
  EXPECT_NEAR(fit_temperature(windows), 1 / std::log(1.5), 1e-3);  // 2e/(1+2e) = 3/4
}

TEST(StoreCalibration, ChangesItsKeysAlone) {
  TemporaryFolder folder;
  std::ofstream(folder.path("w.safetensors")) << "weights";
  std::ofstream(folder.path("vifi.json"))
      << R"({"format": "vifi-bundle", "version": 1, "weights": "w.safetensors", "labels": ["run"], "background_labels": ["old"]})";
  store_calibration(folder.path(), 1.23456789, {"a person stands still", "nobody"});
  const Bundle bundle = read_bundle(folder.path());
  EXPECT_EQ(bundle.temperature, 1.2346);
  EXPECT_EQ(bundle.labels, (std::vector<std::string>{"run"}));
  EXPECT_EQ(bundle.background_labels, (std::vector<std::string>{"a person stands still", "nobody"}));
  store_calibration(folder.path("vifi.json"), 2, {});
  EXPECT_TRUE(read_bundle(folder.path()).background_labels.empty());
  EXPECT_THROW(store_calibration(folder.path("w.safetensors"), 1, {}), Error);
}

}  // namespace
}  // namespace vifi

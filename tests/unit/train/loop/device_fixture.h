#pragma once

#include <vector>

#include "trainer_fixture.h"

namespace vifi::train {

/// Compares trainings on two devices by their losses and not by weights: AdamW moves a weight whose gradient is but
/// rounding by the sign of that.
class DeviceTest : public TrainerTest {
 protected:
  /// Trains on `device_`.
  std::vector<double> losses(const std::string& run, const TrainerOptions& options = {}) {
    std::vector<double> all;
    train(run, options, {.on_step = [&](const StepReport& report) { all.push_back(report.loss); }, .evaluate = {}, .stop = {}});
    return all;
  }

  /// @param share  of the loss by which it may differ
  static void expect_near(const std::vector<double>& here, const std::vector<double>& there, double share) {
    ASSERT_EQ(here.size(), there.size());
    for (std::size_t step = 0; step < here.size(); ++step) {
      EXPECT_NEAR(here[step], there[step], share * here[step]) << "step " << step;
    }
  }
};

}  // namespace vifi::train

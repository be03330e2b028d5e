// SPDX-License-Identifier: Apache-2.0
#include "model/penalty.h"

#include <vector>

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

// By its definition: no w of a fine grid about it is better.
TEST(Penalty, SoftThresholdMinimises) {
  for (const double threshold : {0.0, 0.3, 1.0, 2.5}) {
    for (double x = -4; x <= 4; x += 0.125) {
      const auto objective = [x, threshold](double w) { return threshold * std::abs(w) + (w - x) * (w - x) / 2; };
      const double best = SoftThreshold(x, threshold);
      for (double w = -5; w <= 5; w += 1.0 / 512) {
        ASSERT_LE(objective(best), objective(w) + 1e-15) << "x " << x << ", threshold " << threshold << ", w " << w;
      }
    }
  }
}

TEST(Penalty, SoftThresholdHasExactZeros) {
  EXPECT_EQ(SoftThreshold(0.5F, 0.5F), 0);
  EXPECT_EQ(SoftThreshold(-0.25F, 0.5F), 0);
  EXPECT_EQ(SoftThreshold(0.75F, 0.5F), 0.25F);
  EXPECT_EQ(SoftThreshold(-0.75F, 0.5F), -0.25F);
}

TEST(Penalty, IsTheElasticNetOfTheFirstParameters) {
  const Penalty penalty{.l1 = 0.5, .l2 = 2, .count = 2};
  const std::vector<float> parameters = {3, -4, 100};
  EXPECT_EQ(penalty.ValueAt(parameters), 0.5 * 7 + 25);
  std::vector<float> gradient = {1, 1, 1};
  penalty.AddSmoothGradient(parameters, 0.5F, gradient);
  EXPECT_EQ(gradient, (std::vector<float>{4, -3, 1}));
}

TEST(Penalty, IsNothingByDefault) {
  const Penalty none;
  const std::vector<float> parameters = {1, 2};
  std::vector<float> gradient = {0, 0};
  none.AddSmoothGradient(parameters, 1, gradient);
  EXPECT_EQ(none.ValueAt(parameters), 0);
  EXPECT_EQ(gradient, (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace lambdaml

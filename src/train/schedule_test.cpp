// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

constexpr std::uint64_t kBatches = 4;  // an epoch

float RateAt(const ScheduleSettings& settings, std::uint64_t number) {
  return Schedule(settings, 0.5, 10).RateAt(number, kBatches);
}

TEST(Schedule, ConstantStays) {
  EXPECT_EQ(RateAt({.schedule = "constant"}, 0), 0.5F);
  EXPECT_EQ(RateAt({.schedule = "constant"}, 1000), 0.5F);
}

TEST(Schedule, InverseDividesByEpochs) {
  EXPECT_EQ(RateAt({.schedule = "inverse", .decay = 0.5}, 0), 0.5F);
  EXPECT_FLOAT_EQ(RateAt({.schedule = "inverse", .decay = 0.5}, 2 * kBatches), 0.25F);
}

TEST(Schedule, StepMultipliesAtEachStep) {
  const ScheduleSettings step{.schedule = "step", .step_epochs = 2, .step_factor = 0.5};
  EXPECT_EQ(RateAt(step, 2 * kBatches - 1), 0.5F);
  EXPECT_EQ(RateAt(step, 2 * kBatches), 0.25F);
  EXPECT_EQ(RateAt(step, 4 * kBatches), 0.125F);
}

TEST(Schedule, CosineEndsAtZero) {
  for (std::uint64_t number = 0; number <= 40; ++number) {
    const double t = static_cast<double>(number) / 40;
    EXPECT_NEAR(RateAt({}, number), 0.25 * (1 + std::cos(std::numbers::pi * t)), 1e-7) << number;
  }
  EXPECT_NEAR(RateAt({}, 60), 0, 1e-9);
}

TEST(Schedule, WarmUpRisesToTheRate) {
  const ScheduleSettings warm{.schedule = "constant", .warmup_epochs = 2};
  EXPECT_FLOAT_EQ(RateAt(warm, 0), 0.5F / 8);
  EXPECT_FLOAT_EQ(RateAt(warm, 3), 0.25F);
  EXPECT_FLOAT_EQ(RateAt(warm, 7), 0.5F);
  EXPECT_FLOAT_EQ(RateAt(warm, 8), 0.5F);
  EXPECT_FLOAT_EQ(RateAt({.schedule = "constant", .warmup_epochs = 0.1}, 0), 0.5F);
}

}  // namespace
}  // namespace lambdaml

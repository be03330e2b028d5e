// SPDX-License-Identifier: Apache-2.0

// Whole jobs by the hundred. What fails is replayed by the command that the failure prints.

#include <gtest/gtest.h>

#include "tests/sim/job_sim.h"

namespace lambdaml::sim {
namespace {

constexpr std::uint64_t kSeedsPerTest = 50;
constexpr std::uint64_t kSeedsWithout = 500;  // a step of the protocol

class Jobs : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Jobs, EndWithTheModelOfACalmDayWhateverHappens) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsPerTest; ++seed) {
    const Outcome outcome = SimulateJob(JobPlanOf(seed));
    EXPECT_TRUE(outcome.result.ok()) << outcome.result.error().message << "\nreplay it with: ./dev sim job " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Jobs, ::testing::Range<std::uint64_t>(0, 500, kSeedsPerTest));

TEST(JobSimulation, ASeedIsAlwaysTheSameRun) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    EXPECT_EQ(SimulateJob(JobPlanOf(seed)).fingerprint, SimulateJob(JobPlanOf(seed)).fingerprint) << seed;
  }
}

// Whether some job goes wrong without a step.
bool IsMissed(const ProtocolSteps& steps) {
  for (std::uint64_t seed = 0; seed < kSeedsWithout; ++seed) {
    JobPlan plan = JobPlanOf(seed);
    plan.steps = steps;
    if (!SimulateJob(plan).result.ok()) return true;
  }
  return false;
}

TEST(JobSimulation, MissesEveryStepOfTheProtocol) {
  EXPECT_TRUE(IsMissed({.lease = false}));
  EXPECT_TRUE(IsMissed({.fence = false}));
  EXPECT_TRUE(IsMissed({.commit_order = false}));
}

}  // namespace
}  // namespace lambdaml::sim

// SPDX-License-Identifier: Apache-2.0

// Simulated jobs by the hundred. What fails is replayed by the command that the failure prints.

#include <gtest/gtest.h>

#include "tests/sim/collectives_sim.h"

namespace lambdaml::sim {
namespace {

constexpr std::uint64_t kSeedsPerTest = 25;

class Collectives : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Collectives, GiveTheRightSumsWhateverHappens) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsPerTest; ++seed) {
    const Outcome outcome = SimulateCollectives(PlanOf(seed));
    EXPECT_TRUE(outcome.result.ok()) << outcome.result.error().message << "\nreplay it with: ./dev sim " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Collectives, ::testing::Range<std::uint64_t>(0, 200, kSeedsPerTest));

TEST(Simulation, ASeedIsAlwaysTheSameRun) {
  for (const std::uint64_t seed : {3U, 4U, 5U, 6U}) {
    const Outcome one = SimulateCollectives(PlanOf(seed));
    const Outcome other = SimulateCollectives(PlanOf(seed));
    EXPECT_EQ(one.fingerprint, other.fingerprint) << seed;
    EXPECT_EQ(one.steps, other.steps) << seed;
  }
}

}  // namespace
}  // namespace lambdaml::sim

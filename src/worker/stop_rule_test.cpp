// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_rule.h"

#include <gtest/gtest.h>

#include <array>

namespace lambdaml {
namespace {

TEST(StopRule, EndsAfterTheEpochsAskedFor) {
  const StopRule rule({}, 2.0);
  EXPECT_EQ(rule.AfterRound({.score = {}, .epoch = 1.9}, 9), std::nullopt);
  EXPECT_EQ(rule.AfterRound({.score = {}, .epoch = 2.0 - 1e-12}, 10), Ending::kEpochs);
}

TEST(StopRule, EndsAfterTheRoundsAskedFor) {
  const StopRule rule({.rounds = 3}, 100);
  EXPECT_EQ(rule.AfterRound({.score = {}, .epoch = 0.1}, 2), std::nullopt);
  EXPECT_EQ(rule.AfterRound({.score = {}, .epoch = 0.1}, 3), Ending::kRounds);
}

constexpr std::array kKinds{kVoteStop, kVoteHandOver, kVoteSeconds, kVoteDollars, kVoteCheckpoint};

// Summed as they travel, each kind by some of 1,000 ranks, or by none or all of them.
TEST(Votes, KindsNeverMix) {
  constexpr std::array<std::int64_t, 4> kCounts{0, 1, 999, 1000};
  for (std::size_t course = 0; course < 1024; ++course) {
    double sum = 0;
    for (int rank = 0; rank < 1000; ++rank) {
      std::int64_t vote = 0;
      for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        if (rank < kCounts[course >> 2 * kind & 3U]) vote += kKinds[kind];
      }
      sum += static_cast<double>(vote);
    }
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      ASSERT_EQ(Holds(static_cast<std::int64_t>(sum), kKinds[kind]), (course >> 2 * kind & 3U) != 0) << course;
    }
  }
}

TEST(Votes, OnlySomeEndTheTraining) {
  EXPECT_EQ(EndingOf(7 * kVoteStop), Ending::kStopped);
  EXPECT_EQ(EndingOf(1000 * kVoteHandOver + kVoteCheckpoint), std::nullopt);
  EXPECT_EQ(EndingOf(kVoteHandOver + kVoteStop), Ending::kStopped);
  EXPECT_EQ(EndingOf(1000 * kVoteSeconds), Ending::kSeconds);
  EXPECT_EQ(EndingOf(1000 * kVoteDollars), Ending::kDollars);
  EXPECT_EQ(EndingOf(999 * kVoteDollars + kVoteSeconds), Ending::kSeconds);
}

TEST(StopRule, EndsWhenTheAlgorithmHasConverged) {
  const StopRule rule({}, 100);
  EXPECT_EQ(rule.AfterRound({.score = {}, .converged = true}, 1), Ending::kConverged);
}

TEST(StopRule, EndsAtTheTargetLoss) {
  StopRule rule({.target_loss = 0.5}, 100);
  EXPECT_EQ(rule.AfterEvaluation(0.51), std::nullopt);
  EXPECT_EQ(rule.AfterEvaluation(0.5), Ending::kTargetLoss);
}

TEST(StopRule, EndsWhenNothingGotBetter) {
  StopRule rule({.patience = 2}, 100);
  for (const double loss : {1.0, 0.9, 0.95, 0.8, 0.8}) EXPECT_EQ(rule.AfterEvaluation(loss), std::nullopt) << loss;
  EXPECT_EQ(rule.AfterEvaluation(0.81), Ending::kNoImprovement);
}

}  // namespace
}  // namespace lambdaml

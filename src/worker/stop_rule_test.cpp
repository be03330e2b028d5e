// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_rule.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(StopRule, EndsAfterTheEpochsAskedFor) {
  const StopRule rule({}, 2.0);
  EXPECT_EQ(rule.AfterRound(0, 9, 1.9), std::nullopt);
  EXPECT_EQ(rule.AfterRound(0, 10, 2.0 - 1e-12), Ending::kEpochs);
}

TEST(StopRule, EndsAfterTheRoundsAskedFor) {
  const StopRule rule({.rounds = 3}, 100);
  EXPECT_EQ(rule.AfterRound(0, 2, 0.1), std::nullopt);
  EXPECT_EQ(rule.AfterRound(0, 3, 0.1), Ending::kRounds);
}

TEST(StopRule, TellsTheVotesApart) {
  const StopRule rule({}, 100);
  EXPECT_EQ(rule.AfterRound(7 * kVoteStop, 1, 0.1), Ending::kStopped);
  EXPECT_EQ(rule.AfterRound(1000 * kVoteTimeLimit, 1, 0.1), Ending::kTimeLimit);
  EXPECT_EQ(rule.AfterRound(kVoteTimeLimit + kVoteStop, 1, 0.1), Ending::kStopped);
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

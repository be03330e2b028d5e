// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_rule.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

Round Voted(std::int64_t votes) { return {.score = {}, .epoch = 0.1, .votes = votes}; }

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

TEST(StopRule, TellsTheVotesApart) {
  const StopRule rule({}, 100);
  EXPECT_EQ(rule.AfterRound(Voted(7 * kVoteStop), 1), Ending::kStopped);
  EXPECT_EQ(rule.AfterRound(Voted(1000 * kVoteTimeLimit), 1), Ending::kTimeLimit);
  EXPECT_EQ(rule.AfterRound(Voted(kVoteTimeLimit + kVoteStop), 1), Ending::kStopped);
  EXPECT_EQ(rule.AfterRound(Voted(1000 * kVoteSeconds), 1), Ending::kSeconds);
  EXPECT_EQ(rule.AfterRound(Voted(1000 * kVoteDollars), 1), Ending::kDollars);
  EXPECT_EQ(rule.AfterRound(Voted(999 * kVoteDollars + kVoteSeconds), 1), Ending::kSeconds);
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

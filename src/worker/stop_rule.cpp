// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_rule.h"

#include <algorithm>

namespace lambdaml {

namespace {
// Passes are counted in steps of one batch; rounding must not add a round.
constexpr double kEpochTolerance = 1e-9;

constexpr std::int64_t kCountsOfKind = 1024;
}  // namespace

bool Holds(std::int64_t votes, std::int64_t kind) { return votes / kind % kCountsOfKind != 0; }

std::optional<Ending> EndingOf(std::int64_t votes) {
  if (Holds(votes, kVoteStop)) return Ending::kStopped;
  if (Holds(votes, kVoteSeconds)) return Ending::kSeconds;
  if (Holds(votes, kVoteDollars)) return Ending::kDollars;
  return std::nullopt;
}

std::optional<Ending> StopRule::AfterRound(const Round& round, std::int64_t rounds) const {
  if (round.converged) return Ending::kConverged;
  if (round.epoch >= epochs_ - kEpochTolerance) return Ending::kEpochs;
  if (stop_.rounds > 0 && rounds >= stop_.rounds) return Ending::kRounds;
  return std::nullopt;
}

std::optional<Ending> StopRule::AfterEvaluation(double loss) {
  if (stop_.target_loss > 0 && loss <= stop_.target_loss) return Ending::kTargetLoss;
  state_.without_better = loss < state_.best_loss ? 0 : state_.without_better + 1;
  state_.best_loss = std::min(state_.best_loss, loss);
  if (stop_.patience > 0 && state_.without_better >= stop_.patience) return Ending::kNoImprovement;
  return std::nullopt;
}

}  // namespace lambdaml

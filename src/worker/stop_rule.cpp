// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_rule.h"

#include <algorithm>

namespace lambdaml {

namespace {
// Passes are counted in steps of one batch; rounding must not add a round.
constexpr double kEpochTolerance = 1e-9;
}  // namespace

std::optional<Ending> StopRule::AfterRound(const Round& round, std::int64_t rounds) const {
  if (round.converged) return Ending::kConverged;
  if (round.epoch >= epochs_ - kEpochTolerance) return Ending::kEpochs;
  if (stop_.rounds > 0 && rounds >= stop_.rounds) return Ending::kRounds;
  if (round.votes % kVoteTimeLimit != 0) return Ending::kStopped;
  if (round.votes % kVoteSeconds != 0) return Ending::kTimeLimit;
  if (round.votes % kVoteDollars != 0) return Ending::kSeconds;
  if (round.votes != 0) return Ending::kDollars;
  return std::nullopt;
}

std::optional<Ending> StopRule::AfterEvaluation(double loss) {
  if (stop_.target_loss > 0 && loss <= stop_.target_loss) return Ending::kTargetLoss;
  without_better_ = loss < best_loss_ ? 0 : without_better_ + 1;
  best_loss_ = std::min(best_loss_, loss);
  if (stop_.patience > 0 && without_better_ >= stop_.patience) return Ending::kNoImprovement;
  return std::nullopt;
}

}  // namespace lambdaml

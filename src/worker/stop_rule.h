// SPDX-License-Identifier: Apache-2.0
#pragma once

// When training ends. A pure function of what every rank knows, so all ranks decide alike; what only one rank knows
// (its time runs out, it was told to stop) travels as its vote in the next round and ends all ranks together.

#include <cstdint>
#include <limits>
#include <optional>

#include "job/report.h"
#include "job/spec.h"
#include "train/algorithm.h"

namespace lambdaml {

// Votes are summed over at most 1,000 ranks, so the kinds never mix.
inline constexpr std::int64_t kVoteStop = 1;
inline constexpr std::int64_t kVoteTimeLimit = 1024;
inline constexpr std::int64_t kVoteSeconds = kVoteTimeLimit * 1024;
inline constexpr std::int64_t kVoteDollars = kVoteSeconds * 1024;

class StopRule {
 public:
  StopRule(const StopSpec& stop, double epochs) : stop_(stop), epochs_(epochs) {}

  // After a round that caught up, the `rounds`-th.
  std::optional<Ending> AfterRound(const Round& round, std::int64_t rounds) const;

  // After an evaluation with this loss (test, or train where there is no test).
  std::optional<Ending> AfterEvaluation(double loss);

 private:
  StopSpec stop_;
  double epochs_;
  double best_loss_ = std::numeric_limits<double>::infinity();
  std::int64_t without_better_ = 0;
};

}  // namespace lambdaml

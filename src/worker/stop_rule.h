// SPDX-License-Identifier: Apache-2.0
#pragma once

// When training ends. A pure function of what every rank knows, so all ranks decide alike; what only one rank knows
// (its time runs out, it was told to stop) travels as its vote in the next round, and all ranks heed it together.

#include <cstdint>
#include <limits>
#include <optional>

#include "job/report.h"
#include "job/spec.h"
#include "train/algorithm.h"

namespace lambdaml {

// A rank's vote is a sum of some of these. Votes are summed over at most 1,000 ranks, as doubles, which are exact below
// 2^53: the kinds never mix.
inline constexpr std::int64_t kVoteStop = 1;                          // somebody asked for it
inline constexpr std::int64_t kVoteHandOver = std::int64_t{1} << 10;  // the rank's function ends soon
inline constexpr std::int64_t kVoteSeconds = std::int64_t{1} << 20;   // the job's limit in time is reached
inline constexpr std::int64_t kVoteDollars = std::int64_t{1} << 30;   // that in money
inline constexpr std::int64_t kVoteCheckpoint = std::int64_t{1} << 40;

// Whether there is a vote of this kind in the sum.
bool Holds(std::int64_t votes, std::int64_t kind);

// The end that was voted for.
std::optional<Ending> EndingOf(std::int64_t votes);

class StopRule {
 public:
  // What it remembers of the evaluations so far.
  struct State {
    double best_loss = std::numeric_limits<double>::infinity();
    std::int64_t without_better = 0;  // evaluations since

    friend bool operator==(const State&, const State&) = default;
  };

  StopRule(const StopSpec& stop, double epochs) : stop_(stop), epochs_(epochs) {}

  // After a round that caught up, the `rounds`-th; whatever was voted for.
  std::optional<Ending> AfterRound(const Round& round, std::int64_t rounds) const;

  // After an evaluation with this loss (test, or train where there is no test).
  std::optional<Ending> AfterEvaluation(double loss);

  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  StopSpec stop_;
  double epochs_;
  State state_;
};

}  // namespace lambdaml

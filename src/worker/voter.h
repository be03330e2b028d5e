// SPDX-License-Identifier: Apache-2.0
#pragma once

// A rank's word in the next round, for what it alone knows: it was told to stop, its function ends soon, a limit of the
// job in time or money is reached, it is time for a checkpoint. Used by one thread.

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/key.h"
#include "job/spec.h"
#include "storage/layers/meter.h"
#include "storage/store.h"

namespace lambdaml {

// A second of `memory_mb` of AWS Lambda on x86-64, from aws.amazon.com/lambda/pricing, us-east-1, 2026.
double FunctionDollarsPerSecond(std::int64_t memory_mb);

// What the functions that were this rank before have spent.
struct SpentBefore {
  double trained_s = 0;  // from the first round on
  double billed_s = 0;   // from each function's beginning on
  double channel_dollars = 0;
};

// All must outlive the voter.
struct VoterSetup {
  const JobSpec& spec;
  std::int64_t rank = 0;
  Clock& clock;
  Clock::Time began{};     // from when on the function's time is billed
  Clock::Time deadline{};  // when the platform ends the function
  Store& channel;
  const StoreMeter& meter;                   // of the channel, by this function
  Key stop_key;                              // whoever puts it there asks for an end
  const std::atomic<bool>& checkpoint_open;  // one was taken that is not committed yet
  SpentBefore before = {};
};

class Voter {
 public:
  // Made when training begins: the time until the first vote counts as a round.
  explicit Voter(const VoterSetup& setup);

  // A sum of the kVote constants of stop_rule.h, once for each round. Rank 0 alone asks the channel whether to stop,
  // and says when a checkpoint is due.
  std::int64_t Vote();

  // A checkpoint was taken: from now on time, rounds and bytes count towards the next one.
  void TookCheckpoint();

  // Writing one took so long: at the end of the function there must be time for that.
  void WroteCheckpoint(Clock::Duration took);

 private:
  bool MustHandOver(Clock::Time now) const;
  bool OverBudget(Clock::Time now) const;
  bool CheckpointIsDue(Clock::Time now) const;
  bool IsToldToStop(Clock::Time now);

  const VoterSetup setup_;
  Clock::Time trains_since_;
  Clock::Time last_vote_;
  Clock::Time next_look_{};
  Clock::Duration longest_round_{};
  Clock::Duration longest_write_{};
  Clock::Time checkpoint_at_;
  std::uint64_t bytes_at_checkpoint_;
  std::int64_t rounds_since_ = 0;  // the checkpoint
  bool told_to_stop_ = false;
};

}  // namespace lambdaml

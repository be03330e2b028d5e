// SPDX-License-Identifier: Apache-2.0
#include "worker/voter.h"

#include <algorithm>

#include "worker/run.h"
#include "worker/stop_rule.h"

namespace lambdaml {

namespace {

using namespace std::chrono_literals;

// How often rank 0 looks whether it was told to stop: each look is a request, which a channel without blocking waits
// is likely to bill.
constexpr Clock::Duration kLookInterval = 200ms;
constexpr Clock::Duration kBilledLookInterval = 5s;

// A replacement makes the rounds since the last checkpoint again, and the channel keeps their messages for it.
constexpr std::int64_t kRoundsKept = 128;
constexpr std::uint64_t kBytesKept = std::uint64_t{128} << 20U;

}  // namespace

double FunctionDollarsPerSecond(std::int64_t memory_mb) {
  constexpr double kDollarsPerGbSecond = 0.0000166667;
  return kDollarsPerGbSecond * static_cast<double>(memory_mb) / 1024;
}

Voter::Voter(const VoterSetup& setup)
    : setup_(setup),
      trains_since_(setup.clock.Now()),
      last_vote_(trains_since_),
      checkpoint_at_(trains_since_),
      bytes_at_checkpoint_(setup.meter.use().bytes_written) {}

// Two more rounds, the evaluation, the checkpoint and the model must fit.
bool Voter::MustHandOver(Clock::Time now) const {
  return now + 4 * longest_round_ + longest_write_ + kLastWords + 500ms > setup_.deadline;
}

// Each rank has an equal share of the budget and leaves of it what four more of its longest rounds cost.
bool Voter::OverBudget(Clock::Time now) const {
  const double budget = setup_.spec.stop.dollars / static_cast<double>(setup_.spec.workers);
  if (budget == 0) return false;
  const double seconds = setup_.before.billed_s + Seconds(now + 4 * longest_round_ - setup_.began);
  const double of_channel = setup_.before.channel_dollars + setup_.meter.use().dollars;
  return seconds * FunctionDollarsPerSecond(setup_.spec.function.memory_mb) + of_channel > budget;
}

bool Voter::CheckpointIsDue(Clock::Time now) const {
  if (setup_.checkpoint_open) return false;
  return Seconds(now - checkpoint_at_) >= setup_.spec.recovery.checkpoint_s || rounds_since_ >= kRoundsKept ||
         setup_.meter.use().bytes_written - bytes_at_checkpoint_ >= kBytesKept;
}

bool Voter::IsToldToStop(Clock::Time now) {
  if (told_to_stop_ || now < next_look_) return told_to_stop_;
  next_look_ = now + (setup_.channel.limits().waits_natively ? kLookInterval : kBilledLookInterval);
  const Result<Values> stop = setup_.channel.Get({&setup_.stop_key, 1});
  told_to_stop_ = stop.ok() && stop.value()[0];
  return told_to_stop_;
}

std::int64_t Voter::Vote() {
  const Clock::Time now = setup_.clock.Now();
  longest_round_ = std::max(longest_round_, now - last_vote_);
  last_vote_ = now;
  ++rounds_since_;
  const double limit = setup_.spec.stop.seconds;
  std::int64_t vote = 0;
  if (MustHandOver(now)) vote += kVoteHandOver;
  if (limit > 0 && setup_.before.trained_s + Seconds(now - trains_since_) >= limit) vote += kVoteSeconds;
  if (OverBudget(now)) vote += kVoteDollars;
  if (setup_.rank != 0) return vote;
  if (IsToldToStop(now)) vote += kVoteStop;
  if (CheckpointIsDue(now)) vote += kVoteCheckpoint;
  return vote;
}

void Voter::TookCheckpoint() {
  checkpoint_at_ = setup_.clock.Now();
  bytes_at_checkpoint_ = setup_.meter.use().bytes_written;
  rounds_since_ = 0;
}

void Voter::WroteCheckpoint(Clock::Duration took) { longest_write_ = std::max(longest_write_, took); }

}  // namespace lambdaml

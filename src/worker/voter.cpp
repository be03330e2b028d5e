// SPDX-License-Identifier: Apache-2.0
#include "worker/voter.h"

#include <algorithm>

#include "worker/stop_rule.h"

namespace lambdaml {

namespace {

using namespace std::chrono_literals;

// How often a rank looks whether it was told to stop.
constexpr Clock::Duration kStopInterval = 200ms;

}  // namespace

double FunctionDollarsPerSecond(std::int64_t memory_mb) {
  constexpr double kDollarsPerGbSecond = 0.0000166667;
  return kDollarsPerGbSecond * static_cast<double>(memory_mb) / 1024;
}

Voter::Voter(const JobInvocation& invocation, const WorkerRuntime& runtime, Store& channel, const StoreMeter& meter,
             Clock::Time began)
    : invocation_(invocation),
      runtime_(runtime),
      channel_(channel),
      meter_(meter),
      stop_key_(invocation.StopKey()),
      began_(began),
      trains_since_(runtime.clock.Now()),
      last_(trains_since_) {}

// Each rank has an equal share of the budget and leaves of it what four more of its longest rounds cost.
bool Voter::OverBudget(Clock::Time now) const {
  const JobSpec& spec = invocation_.spec;
  if (spec.stop.dollars == 0) return false;
  const double seconds = Seconds(now + 4 * longest_round_ - began_);
  const double spent = seconds * FunctionDollarsPerSecond(spec.function.memory_mb) + meter_.use().dollars;
  return spent > spec.stop.dollars / static_cast<double>(spec.workers);
}

std::int64_t Voter::Vote() {
  const Clock::Time now = runtime_.clock.Now();
  longest_round_ = std::max(longest_round_, now - last_);
  last_ = now;
  // Two more rounds, the evaluation and the model must fit.
  if (now + 4 * longest_round_ + kLastWords + 500ms > runtime_.deadline) return kVoteTimeLimit;
  const double limit = invocation_.spec.stop.seconds;
  if (limit > 0 && Seconds(now - trains_since_) >= limit) return kVoteSeconds;
  if (OverBudget(now)) return kVoteDollars;
  if (now < next_look_) return 0;
  next_look_ = now + kStopInterval;
  const Result<Values> stop = channel_.Get({&stop_key_, 1});
  return stop.ok() && stop.value()[0] ? kVoteStop : 0;
}

}  // namespace lambdaml

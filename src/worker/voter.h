// SPDX-License-Identifier: Apache-2.0
#pragma once

// A rank's word in the next round, for what it alone knows: it was told to stop, its time runs out, or a limit of the
// job in time or money is reached. Used by one thread.

#include <cstdint>

#include "base/clock.h"
#include "job/invocation.h"
#include "storage/layers/meter.h"
#include "storage/store.h"
#include "worker/run.h"

namespace lambdaml {

// A second of `memory_mb` of AWS Lambda on x86-64, from aws.amazon.com/lambda/pricing, us-east-1, 2026.
double FunctionDollarsPerSecond(std::int64_t memory_mb);

class Voter {
 public:
  // All must outlive this. `began` is when the worker began, from where its time is billed.
  Voter(const JobInvocation& invocation, const WorkerRuntime& runtime, Store& channel, const StoreMeter& meter,
        Clock::Time began);

  // One of the kVote constants of stop_rule.h, or 0. Looks for a request to stop a few times a second.
  std::int64_t Vote();

 private:
  bool OverBudget(Clock::Time now) const;

  const JobInvocation& invocation_;
  const WorkerRuntime& runtime_;
  Store& channel_;
  const StoreMeter& meter_;
  Key stop_key_;
  Clock::Time began_;
  Clock::Time trains_since_;
  Clock::Time last_;
  Clock::Time next_look_{};
  Clock::Duration longest_round_{};
};

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a worker says while it works: one event a line in its log. Only rank 0 tells of epochs, which are the same for
// all; every rank tells now and then where its time goes.

#include "coordination/runtime.h"
#include "job/event.h"
#include "job/invocation.h"
#include "storage/layers/meter.h"
#include "worker/rows.h"

namespace lambdaml {

class Progress {
 public:
  // Both must outlive this. The invocation's launch is the start of `start_seconds`.
  Progress(const JobInvocation& invocation, const FunctionRuntime& runtime);

  void set_epochs_total(double epochs) { epochs_total_ = epochs; }
  double start_seconds() const { return start_seconds_; }

  void Loaded(const Share& share, double seconds);
  bool RoundIsDue() const;  // cheap; true at most a few times a second
  void AfterRound(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use);
  void AfterEpoch(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use);
  void Ended(const WorkerReport& report);

 private:
  Event NewEvent(std::string_view kind) const;
  void Tell(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use, std::string_view kind);

  const JobInvocation& invocation_;
  const FunctionRuntime& runtime_;
  double epochs_total_ = 0;
  double start_seconds_ = 0;
  Clock::Time next_round_{};
};

}  // namespace lambdaml

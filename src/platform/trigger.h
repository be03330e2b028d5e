// SPDX-License-Identifier: Apache-2.0
#pragma once

// The trigger's part of a job: starts all workers at the same time and gathers their reports. When one of them fails,
// the others are told through the channel, so that none waits for a peer that is gone.

#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/result.h"
#include "job/invocation.h"
#include "platform/function_error.h"
#include "platform/lambda_client.h"

namespace lambdaml {

// What the trigger is given besides its invocation. All must outlive the call.
struct TriggerRuntime {
  Clock& clock;
  Log& log;
  const Environment& environment;
  LambdaClient& lambda;
  Clock::Time deadline;  // when the platform ends the process; the trigger answers before
};

// The workers' reports as one JSON array, in rank order. The error names the rank that failed first and why, and what
// it logged last if the platform ended it; what the others failed with afterwards is a consequence. Its trace has a
// line for each worker that failed, the first one first: a Failure (job/report.h) as JSON.
FunctionResult RunTrigger(const JobInvocation& invocation, const TriggerRuntime& runtime);

}  // namespace lambdaml

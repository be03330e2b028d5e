// SPDX-License-Identifier: Apache-2.0
#pragma once

// One worker of a job, from its invocation to its report: open, load, train, evaluate, save the model, report. Knows
// nothing of where it runs.

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/result.h"
#include "job/invocation.h"
#include "job/report.h"

namespace lambdaml {

// A rank that waits gives up this long before the platform ends it, so that it can still say what it waited for.
inline constexpr Clock::Duration kLastWords = std::chrono::milliseconds(500);

// What a worker is given besides its invocation. All must outlive the call.
struct WorkerRuntime {
  Clock& clock;
  Log& log;
  const Environment& environment;
  Clock::Time arrived;   // when the invocation reached the process
  Clock::Time deadline;  // when the platform ends the process
  bool cold_start = false;
};

struct WorkerEnd {
  Result<WorkerReport> report;
  std::vector<std::string> last_calls{};  // of a worker that failed: its last collective calls, the oldest first
};

WorkerEnd RunWorker(const JobInvocation& invocation, const WorkerRuntime& runtime);

}  // namespace lambdaml

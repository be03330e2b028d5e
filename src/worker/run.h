// SPDX-License-Identifier: Apache-2.0
#pragma once

// One worker of a job, from its invocation to its end: takes the lease of its rank, trains from the last checkpoint on,
// and reports, or hands over to its successor when its time runs out. Knows nothing of where it runs.

#include <string>

#include "base/result.h"
#include "coordination/runtime.h"
#include "job/invocation.h"

namespace lambdaml {

// Returns how it ended, for people; the report, or how it failed, is in the store of records
// (coordination/job_state.h). An error says that not even that could be written.
Result<std::string> RunWorker(const JobInvocation& invocation, const FunctionRuntime& runtime);

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The trigger's part of a job: invokes all workers at the same time, replaces those whose lease lapses, and hands over
// to a trigger like itself before its time is over. It ends with the job. Workers that meet need no trigger; it matters
// where all of them are gone.

#include <string>

#include "base/result.h"
#include "coordination/runtime.h"
#include "job/invocation.h"

namespace lambdaml {

// Returns how it ended, for people. An error says that the stores of the job could not be opened; everything else is
// told there (coordination/job_state.h).
Result<std::string> RunTrigger(const JobInvocation& invocation, const FunctionRuntime& runtime);

}  // namespace lambdaml

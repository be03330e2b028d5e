// SPDX-License-Identifier: Apache-2.0
#pragma once

// A job on behalf of a command: checked, taken for this process, supervised here or by a process of its own, and its
// end printed.

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/supervise.h"
#include "job/invocation.h"
#include "job/spec.h"

namespace lambdaml {

struct RunSettings {
  std::string report;
  bool attach = false;
  bool detach = false;
  bool keep = false;
  bool json = false;
};

Parameters Describe(RunSettings& s);

// The exit of the command. `resumes` is the attempt whose checkpoint the job begins with.
Result<Exit> RunJob(JobSpec spec, const std::optional<JobInvocation>& resumes, const RunSettings& settings,
                    Session& session);

}  // namespace lambdaml

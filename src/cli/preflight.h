// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must hold before a job is started, so that a mistake costs a second and not a round. `train` stops at the first
// that does not hold, `doctor` shows all.

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "job/spec.h"

namespace lambdaml {

// The job file, with --set and --workers applied, variables replaced, and everything checked that can be seen in the
// text alone.
struct JobFile {
  std::string path;
  std::vector<std::string> set;  // key=value
  std::int64_t workers = 0;      // 0: as in the file
};
Result<JobSpec> ReadJob(const JobFile& file, const Environment& environment);

struct Check {
  std::string what;
  Result<std::string> found;  // what is right about it, or what is wrong
};

// The worker program, which lies beside this one.
Result<std::string> WorkerProgram(const std::string& program);

std::vector<Check> CheckMachine(const Session& session);
std::vector<Check> CheckJob(const JobSpec& spec, const Session& session);

// The first error of all checks.
Result<void> Preflight(const JobSpec& spec, const Session& session);

}  // namespace lambdaml

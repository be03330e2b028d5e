// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must hold before a job is started, so that a mistake costs seconds and not a round: one list of checks, of which
// `doctor` shows all and `train` what is wrong. A check that needs what another one has found wrong is not made, so
// every cause is told once (docs/guide/preflight.md).

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/check.h"
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

// Applies one --set, KEY=VALUE.
Result<void> SetFrom(JobSpec& spec, std::string_view assignment);

// The worker program, which lies beside this one.
Result<std::string> WorkerProgram(const std::string& program);

std::vector<Check> CheckMachine(const Session& session);
std::vector<Check> CheckJob(const JobSpec& spec, const Session& session);

// kInvalid if anything is wrong: the error is the last of it, the others have been printed before as the program prints
// errors.
Result<void> Preflight(const JobSpec& spec, const Session& session);

}  // namespace lambdaml

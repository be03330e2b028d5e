// SPDX-License-Identifier: Apache-2.0
#pragma once

// A job from its first function to its report. Whatever happens, it leaves no function running, no key of the job in
// the channel, no file half-written, and a report; and a job that has not come to its end leaves the checkpoint that it
// can go on from. The first interrupt asks the workers to end together after their round, and the model is saved as it
// is then; the second one ends them at once.

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/job_folder.h"
#include "cli/watch.h"
#include "job/invocation.h"
#include "job/report.h"
#include "job/spec.h"

namespace lambdaml {

struct JobRun {
  std::string command;  // that runs it, for messages
  JobSpec spec;
  JobFolder folder;  // taken by this process
  Clock::Time began;
  std::string worker_program;
  std::string report_file;                 // another place for the report; empty: none
  bool keep = false;                       // whatever the attempt has written stays
  std::optional<JobInvocation> resumes{};  // the attempt whose checkpoint this one begins with
};

// A job that failed is a report too; an Error says that not even the report could be written. No other thread may run
// yet.
Result<JobReport> Supervise(const JobRun& run, Watch& watch, Session& session);

// Where the results are.
std::string ModelPath(const JobSpec& spec);
std::string ReportPath(const JobSpec& spec);

}  // namespace lambdaml

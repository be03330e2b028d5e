// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"
#include "cli/preflight.h"

namespace lambdaml {

namespace {

struct DoctorSettings {
  JobFile job;
};

Parameters Describe(DoctorSettings& s) {
  return {.arguments = {{"JOB.yaml", &s.job.path, "a job file to check as well", Need::kOptional}}};
}

Check CheckState(const Session& session) {
  const Result<std::vector<JobFolder>> jobs = JobFolder::All(session.environment);
  if (!jobs.ok()) return {"job folder", jobs.error()};
  return {"job folder", StrCat(jobs.value().size(), " jobs")};
}

std::vector<Check> AllChecks(const DoctorSettings& settings, const Session& session) {
  std::vector<Check> checks = CheckMachine(session);
  checks.push_back(CheckState(session));
  if (settings.job.path.empty()) return checks;
  const Result<JobSpec> spec = ReadJob(settings.job, session.environment);
  checks.push_back(
      {"job file", spec.ok() ? Result<std::string>(settings.job.path) : Result<std::string>(spec.error())});
  if (!spec.ok()) return checks;
  for (Check& check : CheckJob(spec.value(), session)) checks.push_back(std::move(check));
  return checks;
}

Result<Exit> Doctor(const DoctorSettings& settings, Session& session) {
  Exit exit = Exit::kDone;
  for (const Check& check : AllChecks(settings, session)) {
    const bool ok = check.found.ok();
    if (!ok) exit = Exit::kFailed;
    session.terminal.Out(StrCat(Paint(session.terminal, ok ? Ink::kGreen : Ink::kRed, ok ? "ok   " : "wrong"), "  ",
                                check.what, ": ", ok ? check.found.value() : check.found.error().message, "\n"));
  }
  return exit;
}

}  // namespace

constinit const Command kDoctor = {.name = "doctor",
                                   .topic = "About",
                                   .summary = "Check this machine, and a job if one is given; show all that is wrong",
                                   .examples = "lambdaml doctor\nlambdaml doctor job.yaml",
                                   .start = Start<DoctorSettings, Doctor>};

}  // namespace lambdaml

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
  return CheckOf("job folder", jobs.ok() ? Result<std::string>(StrCat(jobs.value().size(), " jobs")) : jobs.error());
}

std::vector<Check> AllChecks(const DoctorSettings& settings, const Session& session) {
  std::vector<Check> checks = CheckMachine(session);
  checks.push_back(CheckState(session));
  if (settings.job.path.empty()) return checks;
  const Result<JobSpec> spec = ReadJob(settings.job, session.environment);
  checks.push_back(CheckOf("job file", spec.ok() ? Result<std::string>(settings.job.path) : spec.error()));
  if (!spec.ok()) return checks;
  for (Check& check : CheckJob(spec.value(), session)) checks.push_back(std::move(check));
  return checks;
}

std::string Word(Verdict verdict, const Terminal& terminal) {
  switch (verdict) {
    case Verdict::kGood: return Paint(terminal, Ink::kGreen, "ok   ");
    case Verdict::kDoubtful: return Paint(terminal, Ink::kYellow, "doubt");
    case Verdict::kWrong: return Paint(terminal, Ink::kRed, "wrong");
    case Verdict::kNotChecked: break;
  }
  return "-    ";
}

Result<Exit> Doctor(const DoctorSettings& settings, Session& session) {
  Exit exit = Exit::kDone;
  for (const Check& check : AllChecks(settings, session)) {
    if (check.verdict == Verdict::kWrong) exit = Exit::kFailed;
    session.terminal.Out(StrCat(Word(check.verdict, session.terminal), "  ", check.what, ": ", check.found, "\n"));
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

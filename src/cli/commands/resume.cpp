// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "base/url.h"
#include "cli/clean.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"
#include "cli/preflight.h"
#include "cli/run_job.h"

namespace lambdaml {

namespace {

struct ResumeSettings {
  std::string job;
  std::int64_t workers = 0;
  std::vector<std::string> set;
  RunSettings run;
};

Parameters Describe(ResumeSettings& s) {
  Parameters parameters = Describe(s.run);
  parameters.arguments = {{"JOB", &s.job, "the job's name"}};
  parameters.options.insert(
      parameters.options.begin(),
      {"workers", s.workers, "this many workers instead of as many as before", {.min = 1, .max = 1000}});
  parameters.lists = {{"set", "KEY=VALUE", &s.set, "change a setting, as stop.dollars=2"}};
  return parameters;
}

// The parts of a recipe that a checkpoint is of.
Result<void> CheckSameTraining(const JobSpec& before, JobSpec now) {
  if (RecordsUrl(now) != RecordsUrl(before)) {
    return Error{Code::kInvalid, StrCat("--set: the checkpoint is in ", PrintableUrl(RecordsUrl(before)),
                                        ": leave the records where they are")};
  }
  now.workers = before.workers;
  now.stop = before.stop;
  if (RecipeOf(now) == RecipeOf(before)) return {};
  return Error{Code::kInvalid,
               "--set: a checkpoint is of one model, algorithm, data and seed; what may change is workers, stop, "
               "function, channel, pattern, output and recovery"};
}

Result<Exit> Resume(const ResumeSettings& settings, Session& session) {
  const JobFolder folder = TRY(JobFolder::Find(session.environment, settings.job));
  const std::string status = StatusOf(folder);
  if (status == "running") {
    return Error{Code::kConflict,
                 StrCat("job '", folder.name(), "' is running: `lambdaml status ", folder.name(), "`")};
  }
  const std::optional<JobInvocation> attempt = ResumableAttempt(folder, session);
  if (!attempt) {
    return Error{Code::kNotFound, StrCat("job '", folder.name(), "' (", status,
                                         ") has no checkpoint to go on from: start it anew with `lambdaml train`")};
  }
  JobSpec spec = attempt->spec;
  for (const std::string& assignment : settings.set) TRY(SetFrom(spec, assignment));
  if (settings.workers > 0) spec.workers = settings.workers;
  TRY(Validate(spec).Context("resume"));
  TRY(CheckSameTraining(attempt->spec, spec));
  return RunJob(std::move(spec), attempt, settings.run, session);
}

}  // namespace

constinit const Command kResume = {.name = "resume",
                                   .topic = "Train",
                                   .summary = "Go on with a job that was stopped, killed or failed",
                                   .examples =
                                       "lambdaml resume fashion\n"
                                       "lambdaml resume fashion --workers 8 --set stop.dollars=0.5",
                                   .start = Start<ResumeSettings, Resume>};

}  // namespace lambdaml

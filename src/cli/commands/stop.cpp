// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"

namespace lambdaml {

namespace {

struct StopSettings {
  std::string job;
};

Parameters Describe(StopSettings& s) { return {.arguments = {{"JOB", &s.job, "the job's name"}}}; }

Result<Exit> Stop(const StopSettings& settings, Session& session) {
  const JobFolder folder = TRY(JobFolder::Find(session.environment, settings.job));
  const auto pid = SupervisorOf(folder);
  if (!pid) {
    session.terminal.Out(StrCat("job '", folder.name(), "' is not running (", StatusOf(folder), ")\n"));
    return Exit::kDone;
  }
  if (::kill(*pid, SIGINT) != 0) {
    return Error{Code::kInvalid, StrCat("job '", folder.name(), "' belongs to another user (process ", *pid, ")")};
  }
  session.terminal.Out(StrCat("job '", folder.name(), "' ends after its round and saves its model; ", "`lambdaml stop ",
                              folder.name(), "` once more ends it at once\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStop = {.name = "stop",
                                 .topic = "Train",
                                 .summary = "End a job after its current round and keep the model",
                                 .examples = "lambdaml stop fashion",
                                 .start = Start<StopSettings, Stop>};

}  // namespace lambdaml

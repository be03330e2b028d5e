// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "cli/commands/commands.h"
#include "cli/preflight.h"
#include "cli/run_job.h"

namespace lambdaml {

namespace {

struct TrainSettings {
  JobFile job;
  RunSettings run;
};

Parameters Describe(TrainSettings& s) {
  Parameters parameters = Describe(s.run);
  parameters.arguments = {{"JOB.yaml", &s.job.path, "the job file; `lambdaml job schema` says what may be in it"}};
  parameters.options.insert(
      parameters.options.begin(),
      {"workers", s.job.workers, "this many workers instead of the file's", {.min = 1, .max = 1000}});
  parameters.lists = {{"set", "KEY=VALUE", &s.job.set, "change a setting of the file, as algorithm.epochs=5"}};
  return parameters;
}

Result<Exit> Train(const TrainSettings& settings, Session& session) {
  return RunJob(TRY(ReadJob(settings.job, session.environment)), std::nullopt, settings.run, session);
}

}  // namespace

constinit const Command kTrain = {.name = "train",
                                  .topic = "Train",
                                  .summary = "Train a model as a job file says",
                                  .examples =
                                      "lambdaml train examples/fashion.yaml\n"
                                      "lambdaml train job.yaml --workers 8 --set algorithm.epochs=5\n"
                                      "lambdaml train job.yaml --detach",
                                  .start = Start<TrainSettings, Train>};

}  // namespace lambdaml

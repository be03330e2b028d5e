// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one value that says what a job is. Every setting exists once, in Describe: YAML and JSON job files, --set,
// --help, the JSON Schema and docs/reference/job.md are readers of it. The settings of a model or an algorithm are
// described by that model or algorithm.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/field.h"
#include "base/result.h"

namespace lambdaml {

struct FunctionSpec {
  std::int64_t memory_mb = 1769;
  std::int64_t timeout_s = 900;
};

struct StopSpec {
  double target_loss = 0;     // 0: none
  std::int64_t rounds = 0;    // 0: no limit
  std::int64_t patience = 0;  // 0: never
  double seconds = 0;         // 0: no limit
  double dollars = 0;         // 0: no limit
};

// What of a vector travels, and how.
struct ExchangeSpec {
  std::string wire = "float32";
  std::string sparse = "auto";
  std::string filter = "none";
  double share = 0.01;
  double threshold = 0.7;
  std::string accumulate = "float32";
};

// How the job outlives its functions.
struct RecoverySpec {
  double lease_s = 20;
  std::int64_t attempts = 3;
  double checkpoint_s = 60;
  std::string records;
};

struct JobSpec {
  std::string name;
  std::string data;
  Choice model{"logistic", {}};
  Choice algorithm{"ga_sgd", {}};
  std::int64_t workers = 4;
  std::string channel;
  std::string pattern = "scatter_reduce";
  std::string sync = "bsp";
  std::int64_t staleness = 0;
  ExchangeSpec exchange;
  std::string output;
  std::string platform = "local";
  FunctionSpec function;
  std::int64_t seed = 1;
  double holdout = 0;
  bool standardise = false;
  std::int64_t evaluate_every = 1;
  StopSpec stop;
  RecoverySpec recovery;
};

Fields Describe(FunctionSpec& spec);
Fields Describe(StopSpec& spec);
Fields Describe(ExchangeSpec& spec);
Fields Describe(RecoverySpec& spec);
Fields Describe(JobSpec& spec);

// Reads YAML or JSON. `file` is for messages, which name the line. Every problem that can be seen in the text alone is
// kInvalid: an unknown key with the nearest known one, a wrong type, a value out of range, a missing key.
Result<JobSpec> ParseJobSpec(std::string_view text, std::string_view file);

// Sets one value by its path, "algorithm.learning_rate=0.2" as path and text.
Result<void> Set(JobSpec& spec, std::string_view path, std::string_view text);

// What cannot be seen from one value alone: required keys, a name that is legal in keys and file names, settings that
// have no effect beside others.
Result<void> Validate(const JobSpec& spec);

std::string ToJson(const JobSpec& spec);

// The job without the secrets that its URLs may hold: for reports, and whatever else is shown or kept.
JobSpec Printable(JobSpec spec);

// As JSON, the settings that determine the model, and no others: equal for every channel, pattern and platform.
std::string RecipeOf(const JobSpec& spec);

}  // namespace lambdaml

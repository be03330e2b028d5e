// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `predict` and `evaluate` share: a model file, and rows that are a dataset already or a file to be imported for
// the moment.

#include <filesystem>
#include <string>

#include "cli/command.h"
#include "data/import.h"
#include "worker/predict.h"

namespace lambdaml {

struct ScoringSettings {
  std::string model;
  std::string input;
  std::string split;
  ImportOptions import;  // for a file
};

// The arguments MODEL and INPUT, and the options of a file to be imported.
Parameters DescribeScoring(ScoringSettings& settings);

// The request, and the folder of a dataset that was made for it and goes with it.
class ScoringInput {
 public:
  static Result<ScoringInput> Open(const ScoringSettings& settings, Session& session);
  ScoringInput(ScoringInput&& other) noexcept;
  ~ScoringInput();

  const PredictRequest& request() const { return request_; }

 private:
  ScoringInput() = default;

  PredictRequest request_;
  std::filesystem::path temporary_;  // empty: none
};

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/scoring.h"
#include "cli/summary.h"

namespace lambdaml {

namespace {

struct EvaluateSettings {
  ScoringSettings scoring;
  bool json = false;
};

Parameters Describe(EvaluateSettings& s) {
  Parameters parameters = DescribeScoring(s.scoring);
  parameters.options.emplace_back("json", s.json, "print JSON");
  return parameters;
}

Result<Exit> EvaluateModel(const EvaluateSettings& settings, Session& session) {
  const ScoringInput input = TRY(ScoringInput::Open(settings.scoring, session));
  const Metrics metrics = TRY(Evaluate(input.request(), session.stores()));
  if (settings.json) {
    nlohmann::ordered_json json;
    if (metrics.accuracy) json["accuracy"] = *metrics.accuracy;
    if (metrics.auc) json["auc"] = *metrics.auc;
    if (metrics.rmse) json["rmse"] = *metrics.rmse;
    json["loss"] = metrics.loss;
    json["rows"] = metrics.rows;
    session.terminal.Out(json.dump() + "\n");
  } else {
    session.terminal.Out(StrCat(InWords(metrics), ", ", HumanCount(metrics.rows), " rows\n"));
  }
  return Exit::kDone;
}

}  // namespace

constinit const Command kEvaluate = {
    .name = "evaluate",
    .topic = "Use a model",
    .summary = "Measure a model's loss, accuracy, AUC, RMSE or inertia on rows",
    .examples =
        "lambdaml evaluate out/demo/model.safetensors file://$HOME/.cache/lambdaml/fashion-mnist\n"
        "lambdaml evaluate model.safetensors test.csv --label-column last",
    .start = Start<EvaluateSettings, EvaluateModel>};

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/scoring.h"

namespace lambdaml {

namespace {

struct PredictSettings {
  ScoringSettings scoring;
  std::string output;
};

Parameters Describe(PredictSettings& s) {
  Parameters parameters = DescribeScoring(s.scoring);
  parameters.options.emplace_back("output", s.output, "a file for the predictions; else they are printed");
  return parameters;
}

// CSV: the predicted class and the model's outputs, one line a row.
std::string AsCsv(const Prediction& prediction) {
  std::string text = "class";
  for (std::size_t i = 0; i < prediction.outputs; ++i) {
    text += prediction.outputs == prediction.class_names.size() ? StrCat(",", prediction.class_names[i])
                                                                : StrCat(",output_", i);
  }
  for (std::size_t row = 0; row < prediction.classes.size(); ++row) {
    const std::size_t predicted = prediction.classes[row];
    text += '\n';
    text += predicted < prediction.class_names.size() ? prediction.class_names[predicted] : StrCat(predicted);
    for (std::size_t i = 0; i < prediction.outputs; ++i) {
      text += StrCat(",", Fixed(static_cast<double>(prediction.values[row * prediction.outputs + i]), 6));
    }
  }
  return text + '\n';
}

Result<Exit> PredictRows(const PredictSettings& settings, Session& session) {
  const ScoringInput input = TRY(ScoringInput::Open(settings.scoring, session));
  const Prediction prediction = TRY(Predict(input.request(), session.stores()));
  const std::string csv = AsCsv(prediction);
  if (settings.output.empty()) {
    session.terminal.Out(csv);
    return Exit::kDone;
  }
  TRY(WriteFileAtomically(settings.output, AsBytes(csv), Durability::kProcess));
  session.terminal.Out(StrCat(settings.output, ": ", prediction.classes.size(), " predictions\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kPredict = {
    .name = "predict",
    .topic = "Use a model",
    .summary = "Predict the class of rows with a model",
    .examples =
        "lambdaml predict out/demo/model.safetensors rows.csv --output predictions.csv\n"
        "lambdaml predict model.safetensors file:///data/adult --split test",
    .start = Start<PredictSettings, PredictRows>};

}  // namespace lambdaml

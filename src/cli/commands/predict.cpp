// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/scoring.h"
#include "data/npy_file.h"

namespace lambdaml {

namespace {

struct PredictSettings {
  ScoringSettings scoring;
  std::string output;
};

Parameters Describe(PredictSettings& s) {
  Parameters parameters = DescribeScoring(s.scoring);
  parameters.options.emplace_back(
      "output", s.output,
      "a file for the predictions, CSV or by its name .npy (rows x outputs); else they are printed");
  return parameters;
}

// The fewest digits that are read as the same float.
std::string Shortest(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// The predicted class, where there are classes, and the model's outputs, one line a row.
std::string AsCsv(const Prediction& prediction) {
  const std::size_t columns = prediction.columns.size();
  const std::vector<std::string>& names = prediction.columns;
  const bool has_class = !prediction.classes.empty();
  std::string text = StrCat(has_class ? "class," : "", JoinWith(",", names));
  for (std::size_t row = 0; row < prediction.values.size() / columns; ++row) {
    text += '\n';
    if (has_class) text += StrCat(names[prediction.classes[row]], ",");
    for (std::size_t i = 0; i < columns; ++i) {
      const float value = prediction.values[row * columns + i];
      text += StrCat(i > 0 ? "," : "", has_class ? Fixed(static_cast<double>(value), 6) : Shortest(value));
    }
  }
  return text + '\n';
}

Result<void> WritePredictions(const Prediction& prediction, const std::string& path) {
  if (!path.ends_with(".npy")) return WriteFileAtomically(path, AsBytes(AsCsv(prediction)), Durability::kProcess);
  return WriteFileAtomically(path, NpyOf(prediction.values, prediction.columns.size()), Durability::kProcess);
}

Result<Exit> PredictRows(const PredictSettings& settings, Session& session) {
  const ScoringInput input = TRY(ScoringInput::Open(settings.scoring, session));
  const Prediction prediction = TRY(Predict(input.request(), session.stores()));
  if (settings.output.empty()) {
    session.terminal.Out(AsCsv(prediction));
    return Exit::kDone;
  }
  TRY(WritePredictions(prediction, settings.output));
  const std::size_t rows = prediction.values.size() / prediction.columns.size();
  session.terminal.Out(StrCat(settings.output, ": ", rows, " predictions\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kPredict = {
    .name = "predict",
    .topic = "Use a model",
    .summary = "Predict the classes, numbers or clusters of rows with a model",
    .examples =
        "lambdaml predict out/demo/model.safetensors rows.csv --output predictions.csv\n"
        "lambdaml predict model.safetensors file:///data/adult --split test --output outputs.npy",
    .start = Start<PredictSettings, PredictRows>};

}  // namespace lambdaml

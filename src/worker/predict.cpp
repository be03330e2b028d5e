// SPDX-License-Identifier: Apache-2.0
#include "worker/predict.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "data/dataset.h"
#include "storage/registry.h"
#include "worker/model_file.h"
#include "worker/rows.h"

namespace lambdaml {

namespace {

struct Subject {
  TrainedModel trained;
  Partition rows;
};

Result<Subject> Open(const PredictRequest& request, Clock& clock) {
  Subject subject;
  subject.trained = TRY(ReadModel(TRY(ReadFile(request.model_file)), request.model_file));
  const std::unique_ptr<Store> data = TRY(OpenStore(request.data, clock));
  const Manifest manifest = TRY(LoadManifest(*data));
  if (manifest.columns != subject.trained.columns) {
    return Error{Code::kInvalid, StrCat(request.data, " has ", manifest.columns, " columns, the model was trained on ",
                                        subject.trained.columns)};
  }
  const std::string_view by_default = manifest.Find("test") == nullptr ? "train" : "test";
  const std::string_view name = request.split.empty() ? by_default : request.split;
  const Split* const split = manifest.Find(name);
  if (split == nullptr) return Error{Code::kInvalid, StrCat(request.data, " has no split '", name, "'")};
  subject.rows = TRY(OpenPartition(manifest, name, {0, split->rows}, ReadShardsFrom(*data), Verify::kHeader));
  return subject;
}

}  // namespace

Result<Prediction> Predict(const PredictRequest& request, Clock& clock) {
  const Subject subject = TRY(Open(request, clock));
  const Model& model = *subject.trained.model;
  Prediction prediction;
  prediction.outputs = model.outputs();
  prediction.class_names = subject.trained.classes;
  const std::size_t rows = subject.rows.rows.rows();
  prediction.values.resize(rows * prediction.outputs);
  model.Predict(subject.trained.parameters, subject.rows.rows, prediction.values);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto outputs =
        std::span<const float>(prediction.values).subspan(row * prediction.outputs, prediction.outputs);
    prediction.classes.push_back(
        static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin()));
  }
  return prediction;
}

Result<Metrics> Evaluate(const PredictRequest& request, Clock& clock) {
  const Subject subject = TRY(Open(request, clock));
  const Score score = subject.trained.model->Evaluate(subject.trained.parameters, subject.rows.rows);
  if (score.rows == 0) return Error{Code::kInvalid, StrCat(request.data, ": there are no rows to evaluate on")};
  return Metrics{.loss = score.loss / score.rows,
                 .accuracy = score.correct / score.rows,
                 .rows = static_cast<std::int64_t>(score.rows)};
}

}  // namespace lambdaml

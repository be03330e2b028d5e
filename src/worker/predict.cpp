// SPDX-License-Identifier: Apache-2.0
#include "worker/predict.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "data/dataset.h"
#include "storage/registry.h"
#include "worker/export.h"
#include "worker/metrics.h"
#include "worker/model_file.h"
#include "worker/rows.h"

namespace lambdaml {

namespace {

constexpr std::size_t kClassesShown = 10;

struct Subject {
  TrainedModel trained;
  Partition rows;
  std::vector<float> values;         // of rows that were standardised
  std::vector<std::string> classes;  // of the rows' labels
};

Result<Subject> Open(const PredictRequest& request, const StoreOptions& options) {
  Subject subject;
  subject.trained = TRY(ReadModel(TRY(ReadFile(request.model_file)), request.model_file));
  const std::unique_ptr<Store> data = TRY(OpenStore(request.data, options));
  Manifest manifest = TRY(LoadManifest(*data));
  if (manifest.columns != subject.trained.columns) {
    return Error{Code::kInvalid, StrCat(PrintableUrl(request.data), " has ", manifest.columns,
                                        " columns, the model was trained on ", subject.trained.columns)};
  }
  const std::string_view by_default = manifest.Find("test") == nullptr ? "train" : "test";
  const std::string_view name = request.split.empty() ? by_default : request.split;
  const Split* const split = manifest.Find(name);
  if (split == nullptr) return Error{Code::kInvalid, StrCat(PrintableUrl(request.data), " has no split '", name, "'")};
  subject.rows = TRY(OpenPartition(manifest, name, {0, split->rows}, ReadShardsFrom(*data), Verify::kHeader));
  subject.classes = std::move(manifest.classes);
  const Standardisation& standardisation = subject.trained.standardisation;
  if (!standardisation.mean.empty() && subject.rows.rows.rows() > 0) {
    StandardisedRows own = Standardise(standardisation, subject.rows.rows);
    subject.rows.rows = std::move(own.rows);
    subject.values = std::move(own.values);
  }
  TRY(subject.trained.model->Check(subject.rows.rows));
  return subject;
}

// The model's number of a class, by its name.
Result<float> NumberOf(const std::string& name, const std::vector<std::string>& classes) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  if (found != classes.end()) return static_cast<float>(found - classes.begin());
  const std::span<const std::string> first = std::span(classes).first(std::min(classes.size(), kClassesShown));
  const std::string_view more = classes.size() > kClassesShown ? ", ..." : "";
  return Error{Code::kInvalid, StrCat("the data has rows of class '", name, "', the model knows ",
                                      JoinWith(", ", first), more, ": give it data with the model's own labels")};
}

// A dataset numbers the classes that it has; the model's numbers are others if it was trained on more, or in another
// order.
Result<void> RenumberLabels(Subject& subject) {
  const Learns learns = subject.trained.model->learns();
  if (learns == Learns::kClusters || subject.classes == subject.trained.classes) return {};
  if (learns == Learns::kNumbers) {
    return Error{Code::kInvalid,
                 "the model predicts numbers, but the labels of the data are classes; import it again with "
                 "--task regression"};
  }
  if (subject.classes.empty()) {
    return Error{Code::kInvalid,
                 "the model knows classes, but the labels of the data are real numbers; import it again "
                 "with the model's own labels"};
  }
  std::vector<float> numbers;
  for (const std::string& name : subject.classes) numbers.push_back(TRY(NumberOf(name, subject.trained.classes)));
  for (float& label : subject.rows.rows.labels) label = numbers[static_cast<std::size_t>(label)];
  return {};
}

std::vector<std::string> OutputNames(const TrainedModel& trained) {
  switch (trained.model->learns()) {
    case Learns::kClasses: return trained.classes;
    case Learns::kNumbers: return {"prediction"};
    case Learns::kClusters: break;
  }
  return {"cluster", "squared_distance"};
}

}  // namespace

Result<Prediction> Predict(const PredictRequest& request, const StoreOptions& options) {
  const Subject subject = TRY(Open(request, options));
  const Model& model = *subject.trained.model;
  const std::size_t rows = subject.rows.rows.rows();
  Prediction prediction;
  prediction.columns = OutputNames(subject.trained);
  prediction.values.resize(rows * model.outputs());
  model.Predict(subject.trained.parameters, subject.rows.rows, prediction.values);
  if (model.learns() != Learns::kClasses) return prediction;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto outputs = std::span<const float>(prediction.values).subspan(row * model.outputs(), model.outputs());
    prediction.classes.push_back(
        static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin()));
  }
  return prediction;
}

Result<Metrics> Evaluate(const PredictRequest& request, const StoreOptions& options) {
  Subject subject = TRY(Open(request, options));
  TRY(RenumberLabels(subject));
  const Model& model = *subject.trained.model;
  const RowSpan rows = subject.rows.rows;
  if (rows.rows() == 0) {
    return Error{Code::kInvalid, StrCat(PrintableUrl(request.data), ": there are no rows to evaluate on")};
  }
  const Score score = model.Evaluate(subject.trained.parameters, rows);
  std::vector<double> counts;
  if (HasAuc(model)) counts = CountMargins(model, subject.trained.parameters, rows);
  return MetricsOf(model.learns(), score, counts);
}

Result<Bytes> Export(const std::string& model_file, ExportFormat format) {
  const TrainedModel trained = TRY(ReadModel(TRY(ReadFile(model_file)), model_file));
  if (format == ExportFormat::kOnnx) return ExportOnnx(trained);
  return ToBytes(AsBytes(TRY(ExportJson(trained))));
}

}  // namespace lambdaml

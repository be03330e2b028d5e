// SPDX-License-Identifier: Apache-2.0
#pragma once

// Using a trained model: a model file on the rows of a dataset, or in other programs.

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "job/report.h"
#include "storage/backend.h"

namespace lambdaml {

// Which model and which rows. `data` is the URL of a dataset; `split` the name of one of its splits, or empty for
// "test" where there is one and else "train".
struct PredictRequest {
  std::string model_file;
  std::string data;
  std::string split;
};

struct Prediction {
  std::vector<std::string> columns;  // names of a row's values: the classes, "prediction", or "cluster" and a distance
  std::vector<float> values;         // rows x columns: probabilities or margins of classes
  std::vector<std::size_t> classes;  // of a model of classes: each row's, an index into columns
};

// The rows need no labels that the model knows.
Result<Prediction> Predict(const PredictRequest& request, const StoreOptions& options);

// Metrics against the labels of the rows. Classes are matched by name: the data may have fewer of them than
// the model, or other numbers for them; one that the model does not know is kInvalid.
Result<Metrics> Evaluate(const PredictRequest& request, const StoreOptions& options);

enum class ExportFormat { kOnnx, kJson };

// A model file as other programs take it (worker/export.h).
Result<Bytes> Export(const std::string& model_file, ExportFormat format);

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Using a trained model: a model file on the rows of a dataset.

#include <span>
#include <string>
#include <vector>

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
  std::size_t outputs = 0;           // values a row, one for each class: probabilities or margins
  std::vector<float> values;         // rows x outputs
  std::vector<std::size_t> classes;  // the predicted class of each row, an index into class_names
  std::vector<std::string> class_names;
};

// The rows need no labels of the model's classes.
Result<Prediction> Predict(const PredictRequest& request, const StoreOptions& options);

// Loss and accuracy against the labels of the rows. Classes are matched by name: the data may have fewer of them than
// the model, or other numbers for them; one that the model does not know is kInvalid.
Result<Metrics> Evaluate(const PredictRequest& request, const StoreOptions& options);

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file that a job leaves: a model's parameters as named tensors in safetensors, and in its metadata all that is
// needed to use it without the job (docs/formats/model.md).

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "data/standardise.h"
#include "model/model.h"

namespace lambdaml {

// A model that can be used: its kind and shape, its parameters.
struct TrainedModel {
  Choice kind;
  std::size_t columns = 0;
  std::vector<std::string> classes;         // the original labels in order of class number
  std::vector<std::uint64_t> class_rows{};  // that it was trained on, of each class; empty: not known
  std::unique_ptr<Model> model;
  std::vector<float> parameters;
  Standardisation standardisation;           // of the columns before the model sees them; empty: none
  std::map<std::string, std::string> notes;  // job, metrics, version: for people
};

Bytes WriteModel(const TrainedModel& trained);

// kInvalid names the file and what is wrong with it.
Result<TrainedModel> ReadModel(Blob file, std::string_view name);

}  // namespace lambdaml

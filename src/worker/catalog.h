// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can be chosen in a job, for listings and for checking a spec before anything is started: the control side's only
// view of models, algorithms and patterns.

#include <string>
#include <string_view>
#include <vector>

#include "base/field.h"
#include "job/spec.h"

namespace lambdaml {

struct CatalogEntry {
  std::string name;
  std::string summary;
  std::vector<FieldInfo> settings;
};

std::vector<CatalogEntry> ModelCatalog();
std::vector<CatalogEntry> AlgorithmCatalog();
std::vector<CatalogEntry> PatternCatalog();

// An algorithm's setting as text: what the job says, else its default; empty if the algorithm has none of that name.
std::string SettingInForce(const Choice& algorithm, std::string_view name);

// The dataset that a job trains on.
struct DataShape {
  std::size_t columns = 0;
  std::size_t classes = 0;
  std::vector<std::uint64_t> class_rows;  // of each class; empty: not known
  std::uint64_t rows = 0;                 // that are trained on
};

// Whether kinds and settings exist and fit each other and the data: kInvalid names the first that does not. An
// algorithm is made for a model that is right.
Result<void> CheckPattern(const JobSpec& spec);
Result<void> CheckModel(const JobSpec& spec, const DataShape& shape);
Result<void> CheckAlgorithm(const JobSpec& spec, const DataShape& shape);

}  // namespace lambdaml

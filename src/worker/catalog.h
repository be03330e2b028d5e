// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can be chosen in a job, for listings and for checking a spec before anything is started: the control side's only
// view of models, algorithms and patterns.

#include <string>
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

// The shape of the dataset that a job trains on.
struct DataShape {
  std::size_t columns = 0;
  std::size_t classes = 0;
  std::uint64_t rows = 0;  // that are trained on
};

// Whether kinds and settings exist and fit each other and the data: kInvalid names the first that does not.
Result<void> CheckSpec(const JobSpec& spec, const DataShape& shape);

}  // namespace lambdaml

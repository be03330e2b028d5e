// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the rows of an import become those of the dataset: decided once from the surveys of all splits, then applied to
// every block.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/dataset_writer.h"
#include "data/format.h"
#include "data/import.h"
#include "data/survey.h"

namespace lambdaml {

struct ImportPlan {
  bool sparse = false;
  std::uint64_t columns = 0;
  std::uint32_t index_base = 0;  // of sparse input
  std::uint64_t users = 0;       // of ratings: the columns that stand for users, before those for items
  std::uint64_t items = 0;
  std::vector<double> class_values;  // ascending; where labels are numbers of classes
  std::vector<std::string> classes;  // names, in class order; empty: labels stay numbers
};

// From the options and the train split's survey; the test split only helps to tell where indices begin, and which users
// and items there are.
Result<ImportPlan> MakePlan(const ImportOptions& options, const Survey& train, const Survey* test);

// Adds a block's rows to the dataset. kInvalid with file and line where a row does not fit the plan. Uses up the block.
Result<void> AddRows(const ImportPlan& plan, std::string_view path, RowBlock& block, DatasetWriter& writer);

}  // namespace lambdaml

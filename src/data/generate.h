// SPDX-License-Identifier: Apache-2.0
#pragma once

// Datasets made from a seed. Row i depends on the generator, its settings and the seed alone, never on the number of
// rows, threads or workers: blocks of 4,096 rows come from counter-based random numbers.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/field.h"
#include "base/result.h"
#include "data/dataset.h"
#include "data/dataset_writer.h"

namespace lambdaml {

// `generator` is {kind: higgs, rows: 100000, ...}; GeneratorList says what there is. kInvalid for an unknown kind or
// setting, with the nearest known one.
Result<Manifest> GenerateDataset(const Choice& generator, std::size_t threads, const ShardSink& sink,
                                 const OnDataProgress& progress);

struct GeneratorInfo {
  std::string_view name;
  std::string_view summary;
  std::vector<FieldInfo> settings;
};
std::vector<GeneratorInfo> GeneratorList();

}  // namespace lambdaml

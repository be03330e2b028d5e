// SPDX-License-Identifier: Apache-2.0
#pragma once

// A dataset whose train rows are divided into train and test by HeldOut (data/holdout.h). The new dataset is written
// anew; rows keep their order.

#include <cstdint>

#include "base/result.h"
#include "data/dataset.h"
#include "data/dataset_writer.h"

namespace lambdaml {

struct SplitOptions {
  double test_fraction = 0.2;  // of the train rows, above 0 and below 1
  std::uint64_t seed = 1;
};

// kInvalid when the dataset has a test split already or the fraction leaves one side empty.
Result<Manifest> SplitDataset(const Manifest& manifest, const ShardReader& read, const SplitOptions& options,
                              const ShardSink& sink);

}  // namespace lambdaml

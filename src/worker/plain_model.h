// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a linear model or k-means comes down to: matrices of rows of the data as they are, without settings or folders.

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "worker/model_file.h"

namespace lambdaml {

enum class PlainKind { kProbabilities, kMargins, kNumbers, kClusters };

struct PlainModel {
  PlainKind kind = PlainKind::kMargins;
  std::size_t columns = 0;
  std::size_t rows = 0;         // outputs, or clusters
  std::vector<float> weight;    // rows x columns: weights, or centres
  std::vector<float> bias;      // one a row; empty for clusters
  Standardisation standardise;  // of clusters' rows; empty: none
};

// kInvalid for another kind of model.
Result<PlainModel> PlainModelOf(const TrainedModel& trained);

}  // namespace lambdaml

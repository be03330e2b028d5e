// SPDX-License-Identifier: Apache-2.0
#pragma once

// Clusters by their centres, k x columns: the loss of a row is its squared distance to the nearest one (MacQueen: Some
// methods for classification and analysis of multivariate observations, 1967). Initialise gives zeros: where to start
// is up to the data, so the algorithm chooses. Labels are not looked at.

#include <memory>

#include "model/registry.h"

namespace lambdaml::kmeans {

struct KmeansSettings {
  std::int64_t k = 10;
};

Fields Describe(KmeansSettings& s);

Result<std::unique_ptr<Model>> Make(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::kmeans

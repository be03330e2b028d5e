// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gaussian clusters: the centre of each class is drawn from a standard normal, its rows are normal around it with
// standard deviation `spread` in every column. The label is the cluster.

#include <memory>

#include "data/generator.h"

namespace lambdaml::blobs {

struct Settings {
  std::int64_t columns = 10;
  std::int64_t classes = 3;
  double spread = 0.5;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"columns", settings.columns, "values a row", {.min = 1, .max = 1e6}},
          {"classes", settings.classes, "clusters", {.min = 1, .max = 10000}},
          {"spread", settings.spread, "standard deviation within a cluster; centres have 1", {.min = 0, .max = 1e6}},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::blobs

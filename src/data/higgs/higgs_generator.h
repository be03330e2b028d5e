// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows like those of the HIGGS data set (Baldi, Sadowski, Whiteson: Searching for exotic particles in high-energy
// physics with deep learning, 2014): 28 columns, two classes that a linear model hardly tells apart. A Gaussian copula
// per class: normals with the class's correlations, each bent to its column's distribution and rounded to 3 decimals.
// It keeps single columns and pairs; what boosted trees or networks find beyond pairs is not there.

#include <memory>

#include "data/generator.h"

namespace lambdaml::higgs {

struct Settings {
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) { return {{"seed", settings.seed, "of the random numbers", {.min = 0}}}; }

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::higgs

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows like the image features that were published for YFCC100M (4,096 outputs of a network's first full layer, before
// the rectifier): signed, two thirds below zero, of low effective rank; 7.8 % of the rows are positive ("animal").
// Assumed rather than measured: 256 hidden factors of falling strength, which scenes (clusters) are placed in, and
// noise in every column. Columns are alike, so the first 500 of 4,096 are a smaller data set of the same kind.

#include <memory>

#include "data/generator.h"

namespace lambdaml::yfcc {

struct Settings {
  std::int64_t columns = 4096;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"columns", settings.columns, "values a row", {.min = 1, .max = 65536}},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::yfcc

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sparse rows of two classes, like texts: a few columns are in many rows and most in few (the column at share u of the
// draw is columns^u, so that column c is drawn in proportion to 1/c), values are positive and a row has length 1. A
// hidden weight of every column decides the class; `noise` of the labels are then turned round.

#include <memory>

#include "data/generator.h"

namespace lambdaml::sparse {

struct Settings {
  std::int64_t columns = 50000;
  std::int64_t nonzeros = 40;
  double noise = 0.02;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"columns", settings.columns, "how many columns there are", {.min = 2, .max = 4294967295.0}},
          {"nonzeros", settings.nonzeros, "draws a row; equal ones are one entry", {.min = 1, .max = 100000}},
          {"noise", settings.noise, "share of labels that are wrong", {.min = 0, .max = 0.5}},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::sparse

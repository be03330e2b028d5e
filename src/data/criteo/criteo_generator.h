// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows like those of Criteo's display advertising data in LIBSVM's form: the values of 13 binned and 26 categorical
// fields, hashed to columns; 39 ones scaled to length 1, a quarter of them clicks. Fields follow power laws and hang
// together through a hidden ad, user and site; the click depends on every value, and on the pair of ad and site, which
// a linear model cannot see. Row i is a function of (seed, i).

#include <memory>

#include "data/generator.h"

namespace lambdaml::criteo {

struct Settings {
  std::int64_t columns = 1000000;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"columns", settings.columns, "columns that values are hashed to", {.min = 1000, .max = 4294967295.0}},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::criteo

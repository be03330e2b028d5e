// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ratings of items by users: 3.5 + the user's bias + the item's bias + the product of their hidden factors + noise. A
// row is sparse and has two ones: user u is column u, item i is column users + i; the label is the rating, a number.
// Users are equally likely; item i is drawn in proportion to about 1 / (i + 1). Without rounding, the best possible
// root mean square error is `noise`. Biases and factors are functions of the seed and the user's or item's number.

#include <memory>

#include "data/generator.h"

namespace lambdaml::ratings {

struct Settings {
  std::int64_t users = 6000;
  std::int64_t items = 4000;
  std::int64_t rank = 8;
  double noise = 0.5;
  bool round = false;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"users", settings.users, "the first columns", {.min = 1, .max = 2e9}},
          {"items", settings.items, "the columns after the users", {.min = 1, .max = 2e9}},
          {"rank", settings.rank, "hidden factors of a user and of an item", {.min = 1, .max = 1000}},
          {"noise", settings.noise, "standard deviation that no model can explain", {.min = 0, .max = 100}},
          {"round", settings.round, "whole ratings from 1 to 5"},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::ratings

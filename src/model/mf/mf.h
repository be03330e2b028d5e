// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matrix factorisation of ratings. A row is sparse and has two entries: user u is column u, item i column users + i;
// its label is the rating. The prediction is
//
//   mu + b_u + b_i + <p_u, p_i>
//
// and the loss half its squared error (Koren, Bell, Volinsky: Matrix factorization techniques for recommender systems,
// 2009, formula 4). The regularisation adds l2 / 2 (|p_u|^2 + |p_i|^2 + b_u^2 + b_i^2) to each row's loss there; here
// every column has the weight that it would have if all columns were equally frequent, so that the penalty is one of
// the parameters alone.
//
// The parameters are theta with p = s theta and b = s theta, s = columns^(1/4), and mu. A column is in few of the rows,
// so the mean loss is flat along its parameters and curved along mu: s^2 is the geometric mean of 1 and about the
// square root of that ratio, with which one learning rate suits both and single batches do not overshoot.

#include "model/registry.h"

namespace lambdaml::mf {

struct MfSettings {
  std::int64_t factors = 16;
  double l2 = 0;
};

inline Fields Describe(MfSettings& s) {
  return {{"factors", s.factors, "numbers that describe a user, and an item", {.min = 1, .max = 4096}},
          {"l2",
           s.l2,
           "adds l2 / 2 * (the squared factors and biases of the user and the item) to the loss of an average row",
           {.min = 0}}};
}

Result<std::unique_ptr<Model>> MakeMf(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::mf

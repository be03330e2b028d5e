// SPDX-License-Identifier: Apache-2.0
#pragma once

// The limited-memory quasi-Newton method on the objective over all rows of all ranks (train/quasi_newton.h): for smooth
// losses, with any elastic net. A round is one iteration; it takes one pass over the data and one collective call for
// each evaluation of its line search, mostly one. Every rank makes the same steps from the same sums, so the answer
// does not depend on the number of ranks but by rounding.
//
// A round's score is that of its last pass: of the parameters after the round, unless no step was better. It converges
// when the gradient is `tolerance` times as long as the first one, or when no step makes the loss smaller that float
// gradients can tell. Gradients that travel rounded (wire float16 and the like) end it early and less exactly.

#include "train/registry.h"

namespace lambdaml::lbfgs {

struct LbfgsSettings {
  double epochs = 100;
  std::int64_t memory = 10;
  double tolerance = 1e-5;
};

Fields Describe(LbfgsSettings& s);

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task);

}  // namespace lambdaml::lbfgs

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the linear models share, which is everything but the loss of a row: outputs z = W x + b, an elastic net that
// leaves the bias out, and zeros to start from. Of two classes there is one output, whose sign is the class, of more
// one for each; of numbers one.

#include <memory>
#include <vector>

#include "model/linear/linear_pass.h"
#include "model/registry.h"

namespace lambdaml::linear {

struct PenaltySettings {
  double l1 = 0;
  double l2 = 0;
};

inline Fields Describe(PenaltySettings& s) {
  return {
      {"l1", s.l1, "adds l1 * (sum of the weights' magnitudes) to the mean loss; the bias is left out", {.min = 0}},
      {"l2", s.l2, "adds l2 / 2 * (sum of the squared weights) to the mean loss; the bias is left out", {.min = 0}}};
}

// What makes one linear model differ from another.
struct LinearSpec {
  Learns learns = Learns::kClasses;
  std::size_t columns = 0;
  std::size_t classes = 0;
  math::LossKernel loss = nullptr;
  math::LossKernel link = nullptr;  // as linear::Predict; null: the outputs are the prediction
  bool smooth = true;
  PenaltySettings penalty = {};
  std::vector<float> class_weights = {};  // empty: all are 1
  float delta = 1;                        // of the Huber loss
};

std::unique_ptr<Model> MakeLinearModel(LinearSpec spec);

}  // namespace lambdaml::linear

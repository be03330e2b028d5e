// SPDX-License-Identifier: Apache-2.0
#pragma once

// The linear models of classification. They share everything but the loss of a row: outputs z = W x + b, a penalty
// l2 / 2 * |W|^2 that leaves the bias out, and zeros to start from. Two classes need one output, whose sign is the
// class; more need an output each. The objective is the mean loss of the rows plus the penalty.

#include <string_view>

#include "model/linear/linear_pass.h"
#include "model/registry.h"

namespace lambdaml::linear {

struct LinearSettings {
  double l2 = 0;
};

inline Fields Describe(LinearSettings& s) {
  return {
      {"l2", s.l2, "adds l2 / 2 * (sum of the squared weights) to the mean loss; the bias is left out", {.min = 0}}};
}

// What makes one linear model differ from another.
struct LinearLoss {
  std::string_view name;    // of the model, for messages
  math::LossKernel binary;  // of one output
  math::LossKernel several;
  bool predicts_probabilities;  // else Predict returns the outputs as they are
};

// kInvalid for a setting out of range, labels that are no classes, or fewer than two of them.
Result<std::unique_ptr<Model>> MakeLinear(const LinearLoss& loss, const Choice& choice, const Shape& shape);

}  // namespace lambdaml::linear

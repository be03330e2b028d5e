// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rows of a batch on their way through a linear model: outputs, losses and, if asked for, the gradient, in one
// pass over the data. A block of rows is fetched from memory once and used for both directions while it is in the
// cache. The parameters are the weights, outputs x columns, and then a bias for each output.

#include <cstddef>
#include <span>

#include "data/batch.h"
#include "math/kernels.h"
#include "model/model.h"

namespace lambdaml::linear {

struct LinearShape {
  std::size_t columns = 0;
  std::size_t outputs = 0;

  std::size_t weight_count() const { return columns * outputs; }
  std::size_t parameter_count() const { return weight_count() + outputs; }
};

struct LinearMap {
  LinearShape shape;
  std::span<const float> parameters;
};

// The loss of a row, and what it depends on.
struct RowLoss {
  math::LossKernel kernel = nullptr;
  std::span<const float> class_weights = {};  // factor of a row's loss by its class; empty: all are 1
  float delta = 1;                            // of the Huber loss
};

// The sums of the losses over the rows.
Score SumLosses(const LinearMap& map, const RowSpan& batch, const RowLoss& loss);

// As SumLosses; also adds the gradient of the summed losses to `gradient`.
Score AddGradient(const LinearMap& map, const RowSpan& batch, const RowLoss& loss, std::span<float> gradient);

// values[row * outputs + output], after `link` if there is one: a loss whose residual for a label that is no class is
// the prediction.
void Predict(const LinearMap& map, const RowSpan& batch, math::LossKernel link, std::span<float> values);

}  // namespace lambdaml::linear

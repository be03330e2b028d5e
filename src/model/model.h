// SPDX-License-Identifier: Apache-2.0
#pragma once

// A model is pure functions on a flat vector of parameters: no I/O, no state, the same numbers for the same input. A
// const Model may be used from several threads.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data/batch.h"

namespace lambdaml {

// Sums over rows; Add the sums of two sets of rows and they are the sums of both.
struct Score {
  double loss = 0;     // sum of the rows' losses, without the penalty
  double correct = 0;  // rows whose class was predicted
  double rows = 0;
};

// A part of the parameter vector by name, for the model file. Row-major.
struct Tensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t offset = 0;  // of its first value in the parameters
};

class Model {
 public:
  virtual ~Model() = default;

  virtual std::size_t parameter_count() const = 0;
  virtual std::vector<Tensor> tensors() const = 0;

  // The parameters to start from; the same on every rank.
  virtual void Initialise(std::span<float> parameters) const = 0;

  // Adds the gradient of the sum of the rows' losses to `gradient` and returns the sums.
  virtual Score AddGradient(std::span<const float> parameters, const Batch& batch, std::span<float> gradient) const = 0;

  // The penalty (regulariser) on the parameters; adds `weight` times its gradient to `gradient`, which may be empty if
  // `weight` is 0. The same bits on every processor.
  virtual double AddPenalty(std::span<const float> parameters, float weight, std::span<float> gradient) const = 0;

  virtual Score Evaluate(std::span<const float> parameters, const Batch& batch) const = 0;

  // One row of `outputs()` values for each row of the batch. A classifier has one for each class, the largest is the
  // prediction: probabilities (logistic), margins (svm).
  virtual std::size_t outputs() const = 0;
  virtual void Predict(std::span<const float> parameters, const Batch& batch, std::span<float> predictions) const = 0;
};

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#pragma once

// A model is pure functions on a flat vector of parameters: no I/O, no state, the same numbers for the same input. A
// const Model may be used from several threads.
//
// Training minimises the objective  sum of the rows' losses / rows + penalty(parameters).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "model/penalty.h"

namespace lambdaml {

class Clusters;

// What a model learns, and so which metrics mean something: accuracy and AUC of classes, the root mean square error of
// numbers, the inertia of clusters, which is the loss.
enum class Learns { kClasses, kNumbers, kClusters };

// Sums over rows; Add the sums of two sets of rows and they are the sums of both.
struct Score {
  double loss = 0;     // sum of the rows' losses, without the penalty
  double correct = 0;  // rows whose class was predicted
  double squares = 0;  // of the differences of predicted and true numbers
  double rows = 0;

  void Add(const Score& other) {
    loss += other.loss;
    correct += other.correct;
    squares += other.squares;
    rows += other.rows;
  }
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

  virtual Learns learns() const = 0;
  virtual std::size_t parameter_count() const = 0;
  virtual std::vector<Tensor> tensors() const = 0;

  // False where the loss has kinks (hinge), which methods for smooth functions do not minimise.
  virtual bool smooth() const { return true; }

  virtual Penalty penalty() const { return {}; }

  // kInvalid if the model cannot learn from such rows, with what to do. The other functions may be called with them all
  // the same: then they give numbers that are not finite.
  virtual Result<void> Check(const RowSpan& /*rows*/) const { return {}; }

  // The parameters to start from; the same bits for the same seed on every rank.
  virtual void Initialise(std::span<float> parameters, std::uint64_t seed) const = 0;

  // Adds the gradient of the sum of the rows' losses to `gradient` and returns the sums.
  virtual Score AddGradient(std::span<const float> parameters, const RowSpan& rows,
                            std::span<float> gradient) const = 0;

  virtual Score Evaluate(std::span<const float> parameters, const RowSpan& rows) const = 0;

  // outputs() values for each row. Of classes one for each class, the largest is the prediction: probabilities
  // (logistic), margins (svm). Of numbers the number. Of clusters the number of the nearest one, counted from 0, and
  // the squared distance to its centre.
  virtual std::size_t outputs() const = 0;
  virtual void Predict(std::span<const float> parameters, const RowSpan& rows, std::span<float> predictions) const = 0;

  // What expectation maximisation needs; null for a model that is trained by its gradient.
  virtual const Clusters* clusters() const { return nullptr; }
};

}  // namespace lambdaml

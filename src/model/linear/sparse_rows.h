// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sparse rows of one batch, a block at a time, by the same three steps as DenseRows. The gradient of few rows, whose
// columns are mostly different ones, is added to directly.

#include <cstddef>
#include <span>
#include <vector>

#include "data/batch.h"
#include "math/kernels.h"
#include "model/linear/linear_pass.h"

namespace lambdaml::linear {

class SparseRows {
 public:
  // `map`'s parameters, `batch` and a non-empty `gradient` must outlive this.
  SparseRows(const math::Kernels& kernels, const LinearMap& map, const RowSpan& batch, std::span<float> gradient);

  std::size_t block_rows() const { return math::kBlockRows; }

  void Forward(std::size_t first, std::size_t count, float* values);
  void Backward(const float* residuals);
  void Flush();

 private:
  const math::Kernels& kernels_;
  const LinearMap map_;
  RowSpan batch_;
  std::span<float> gradient_;
  std::vector<float> sums_;   // the gradient of the weights since the last Flush; empty: it is added to directly
  std::vector<double> bias_;  // the gradient of the biases
  std::size_t unflushed_rows_ = 0;
  std::size_t unflushed_values_ = 0;
  std::size_t first_ = 0;  // rows of the last Forward
  std::size_t count_ = 0;
};

}  // namespace lambdaml::linear

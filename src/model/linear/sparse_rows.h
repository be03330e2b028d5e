// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sparse rows of one batch, a block at a time. The same three steps as DenseRows; the gradient is added to directly.

#include <cstddef>
#include <span>

#include "data/batch.h"
#include "math/kernels.h"
#include "model/linear/linear_pass.h"

namespace lambdaml::linear {

class SparseRows {
 public:
  // `map`'s parameters, `batch` and a non-empty `gradient` must outlive this.
  SparseRows(const math::Kernels& kernels, const LinearMap& map, const RowSpan& batch, std::span<float> gradient)
      : kernels_(kernels), map_(map), batch_(batch), gradient_(gradient) {}

  std::size_t block_rows() const { return math::kBlockRows; }

  void Forward(std::size_t first, std::size_t count, float* values);
  void Backward(const float* residuals);
  void Flush() {}

 private:
  const math::Kernels& kernels_;
  const LinearMap map_;
  RowSpan batch_;
  std::span<float> gradient_;
  std::size_t first_ = 0;  // rows of the last Forward
  std::size_t count_ = 0;
};

}  // namespace lambdaml::linear

// SPDX-License-Identifier: Apache-2.0
#include "model/linear/sparse_rows.h"

namespace lambdaml::linear {

void SparseRows::Forward(std::size_t first, std::size_t count, float* values) {
  first_ = first;
  count_ = count;
  const auto [columns, outputs] = map_.shape;
  const float* const bias = map_.parameters.data() + map_.shape.weight_count();
  for (std::size_t i = 0; i < count; ++i) {
    const SparseRow& row = batch_.sparse()[first + i];
    for (std::size_t c = 0; c < outputs; ++c) {
      const float* const weight = map_.parameters.data() + c * columns;
      values[c * math::kBlockRows + i] = kernels_.sparse_dot(row.index, row.value, row.size, weight) + bias[c];
    }
  }
}

void SparseRows::Backward(const float* residuals) {
  const auto [columns, outputs] = map_.shape;
  float* const bias = gradient_.data() + map_.shape.weight_count();
  for (std::size_t i = 0; i < count_; ++i) {
    const SparseRow& row = batch_.sparse()[first_ + i];
    for (std::size_t c = 0; c < outputs; ++c) {
      const float residual = residuals[c * math::kBlockRows + i];
      if (residual == 0) continue;  // often, of a hinge
      kernels_.sparse_axpy(residual, row.index, row.value, row.size, gradient_.data() + c * columns);
      bias[c] += residual;
    }
  }
}

}  // namespace lambdaml::linear

// SPDX-License-Identifier: Apache-2.0
#include "model/linear/sparse_rows.h"

#include <algorithm>

namespace lambdaml::linear {

namespace {

// Sums of so many rows are kept in single precision before they are added to the gradient: two levels, which keeps the
// rounding error small. Each time costs a pass over the columns, so that there must be some values for each.
constexpr std::size_t kFlushRows = 512;
constexpr std::size_t kFlushValues = 8;  // for each column

bool HasValuesForEachColumn(const RowSpan& batch) {
  const std::size_t needed = kFlushValues * batch.columns();
  std::size_t values = 0;
  for (std::size_t row = 0; row < batch.rows() && values < needed; ++row) values += batch.sparse()[row].size;
  return values >= needed;
}

}  // namespace

SparseRows::SparseRows(const math::Kernels& kernels, const LinearMap& map, const RowSpan& batch,
                       std::span<float> gradient)
    : kernels_(kernels), map_(map), batch_(batch), gradient_(gradient), bias_(map.shape.outputs) {
  if (batch.rows() > kFlushRows && !gradient.empty() && HasValuesForEachColumn(batch)) {
    sums_.resize(map.shape.weight_count());
  }
}

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
  float* const gradient = sums_.empty() ? gradient_.data() : sums_.data();
  for (std::size_t i = 0; i < count_; ++i) {
    const SparseRow& row = batch_.sparse()[first_ + i];
    for (std::size_t c = 0; c < outputs; ++c) {
      const float residual = residuals[c * math::kBlockRows + i];
      if (residual == 0) continue;  // often, of a hinge
      kernels_.sparse_axpy(residual, row.index, row.value, row.size, gradient + c * columns);
      bias_[c] += residual;
    }
    unflushed_values_ += row.size;
  }
  unflushed_rows_ += count_;
  if (unflushed_rows_ >= kFlushRows && unflushed_values_ >= kFlushValues * columns) Flush();
}

void SparseRows::Flush() {
  for (std::size_t i = 0; i < sums_.size(); ++i) gradient_[i] += sums_[i];
  std::fill(sums_.begin(), sums_.end(), 0.0F);
  const auto bias = gradient_.last(bias_.size());
  for (std::size_t c = 0; c < bias_.size(); ++c) bias[c] += static_cast<float>(bias_[c]);
  std::fill(bias_.begin(), bias_.end(), 0.0);
  unflushed_rows_ = unflushed_values_ = 0;
}

}  // namespace lambdaml::linear

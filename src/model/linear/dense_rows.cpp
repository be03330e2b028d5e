// SPDX-License-Identifier: Apache-2.0
#include "model/linear/dense_rows.h"

#include <algorithm>

namespace lambdaml::linear {

namespace {

// A block of rows should stay in the second-level cache beside the weights; 256 KB is the smallest in use.
constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;

// Sums of so many rows are kept in single precision before they are added to the gradient. Two levels of sums keep the
// rounding error of a pass over millions of rows small.
constexpr std::size_t kFlushRows = 4096;

std::size_t RowsPerBlock(std::size_t columns) {
  const std::size_t rows = kBlockBytes / (columns * sizeof(float));
  return std::clamp(rows / math::kRowStep * math::kRowStep, math::kRowStep, math::kBlockRows);
}

// `rows` rows of `from` values each, as rows of `to` >= `from` values with zeros at the end.
std::vector<float> Widen(std::span<const float> values, std::size_t rows, std::size_t from, std::size_t to) {
  std::vector<float> wide(rows * to);
  for (std::size_t r = 0; r < rows; ++r) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(r * from), from,
                wide.begin() + static_cast<std::ptrdiff_t>(r * to));
  }
  return wide;
}

}  // namespace

DenseRows::DenseRows(const math::Kernels& kernels, const LinearMap& map, const RowSpan& batch,
                     std::span<float> gradient)
    : kernels_(kernels),
      batch_(batch),
      shape_(map.shape),
      width_(std::max(map.shape.columns, kernels.lanes)),
      block_rows_(RowsPerBlock(width_)),
      gradient_(gradient),
      packed_weight_(kernels.packed_size(width_, map.shape.outputs)),
      packed_gradient_(gradient.empty() ? 0 : packed_weight_.size()) {
  const auto weight = map.parameters.first(shape_.weight_count());
  const auto bias = map.parameters.last(shape_.outputs);
  bias_.assign(bias.begin(), bias.end());
  if (width_ == shape_.columns) {
    kernels_.pack(weight.data(), width_, shape_.outputs, packed_weight_.data());
  } else {
    const auto wide = Widen(weight, shape_.outputs, shape_.columns, width_);
    kernels_.pack(wide.data(), width_, shape_.outputs, packed_weight_.data());
    copies_.resize(block_rows_ * width_);
  }
}

// Rows that are whole blocks of long rows are used where they are.
const float* const* DenseRows::RowPointers(std::size_t first, std::size_t count, std::size_t padded) {
  if (count == padded && copies_.empty()) return batch_.dense() + first;
  for (std::size_t i = 0; i < padded; ++i) rows_[i] = batch_.dense()[first + std::min(i, count - 1)];
  float* copy = copies_.data();
  for (std::size_t i = 0; i < padded && !copies_.empty(); ++i, copy += width_) {
    std::copy_n(rows_[i], shape_.columns, copy);
    rows_[i] = copy;
  }
  return rows_;
}

void DenseRows::Forward(std::size_t first, std::size_t count, float* values) {
  const std::size_t padded = (count + math::kRowStep - 1) / math::kRowStep * math::kRowStep;
  const float* const* const rows = RowPointers(first, count, padded);
  const bool next = first + count + padded <= batch_.rows() && copies_.empty();
  block_ = {.rows = rows,
            .next_rows = next ? batch_.dense() + first + count : rows,
            .count = padded,
            .columns = width_,
            .outputs = shape_.outputs};
  kernels_.forward(block_, packed_weight_.data(), bias_.data(), values);
  unflushed_ += count;
}

void DenseRows::Backward(const float* residuals) {
  kernels_.backward(block_, residuals, packed_gradient_.data());
  if (unflushed_ >= kFlushRows) Flush();
}

void DenseRows::Flush() {
  const std::size_t outputs = shape_.outputs;
  const auto bias = gradient_.last(outputs);
  if (width_ == shape_.columns) {
    kernels_.unpack(packed_gradient_.data(), width_, outputs, gradient_.data(), bias.data());
  } else {
    std::vector<float> wide(outputs * width_);
    kernels_.unpack(packed_gradient_.data(), width_, outputs, wide.data(), bias.data());
    for (std::size_t i = 0; i < shape_.weight_count(); ++i) {
      gradient_[i] += wide[i / shape_.columns * width_ + i % shape_.columns];
    }
  }
  std::fill(packed_gradient_.begin(), packed_gradient_.end(), 0.0F);
  unflushed_ = 0;
}

}  // namespace lambdaml::linear

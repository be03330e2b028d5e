// SPDX-License-Identifier: Apache-2.0
#pragma once

// Dense rows of one batch, a block at a time, with the packed weights that the kernels want. Rows that are shorter than
// a vector are copied and filled up with zeros.

#include <cstddef>
#include <span>
#include <vector>

#include "data/batch.h"
#include "math/kernels.h"
#include "model/linear/linear_pass.h"

namespace lambdaml::linear {

class DenseRows {
 public:
  // The rows of `batch` must outlive this; a non-empty `gradient` too.
  DenseRows(const math::Kernels& kernels, const LinearMap& map, const RowSpan& batch, std::span<float> gradient);

  std::size_t block_rows() const { return block_rows_; }

  // values[output * kBlockRows + i] for rows first + i, i < count <= block_rows().
  void Forward(std::size_t first, std::size_t count, float* values);

  // Collects the gradient of the rows of the last Forward; residuals are laid out as values are.
  void Backward(const float* residuals);

  // Adds what was collected to the gradient.
  void Flush();

 private:
  const float* const* RowPointers(std::size_t first, std::size_t count, std::size_t padded);

  const math::Kernels& kernels_;
  RowSpan batch_;
  LinearShape shape_;
  std::size_t width_;  // values of a row as the kernels see it
  std::size_t block_rows_;
  std::span<float> gradient_;
  std::vector<float> packed_weight_;
  std::vector<float> packed_gradient_;
  std::vector<float> bias_;
  std::vector<float> copies_;  // of short rows
  std::size_t unflushed_ = 0;  // rows
  math::DenseBlock block_;
  const float* rows_[math::kBlockRows] = {};  // of a block that is filled up or copied
};

}  // namespace lambdaml::linear

// SPDX-License-Identifier: Apache-2.0
#include "model/linear/linear_pass.h"

#include <algorithm>
#include <vector>

#include "model/linear/dense_rows.h"
#include "model/linear/sparse_rows.h"

namespace lambdaml::linear {

namespace {

// Outputs of a block. Lanes without a row hold numbers all the same: kernels compute them and leave them out.
std::vector<float> BlockValues(const LinearShape& shape) {
  return std::vector<float>(shape.outputs * math::kBlockRows);
}

// Calls visit(rows, first, count) for each block of the batch, after its forward step has filled `values`.
template <class Visit>
void ForBlocks(const LinearMap& map, const RowSpan& batch, std::span<float> gradient, std::vector<float>& values,
               const Visit& visit) {
  const auto run = [&batch, &values, &visit](auto rows) {
    for (std::size_t first = 0; first < batch.rows();) {
      const std::size_t count = std::min(rows.block_rows(), batch.rows() - first);
      rows.Forward(first, count, values.data());
      visit(rows, first, count);
      first += count;
    }
  };
  const math::Kernels& kernels = math::BestKernels();
  if (batch.is_sparse()) {
    run(SparseRows(kernels, map, batch, gradient));
  } else {
    run(DenseRows(kernels, map, batch, gradient));
  }
}

Score ScoreOf(const math::BlockLoss& sums, std::size_t rows) {
  return {.loss = sums.loss, .correct = sums.correct, .squares = 0, .rows = static_cast<double>(rows)};
}

}  // namespace

Score SumLosses(const LinearMap& map, const RowSpan& batch, math::LossKernel loss) {
  std::vector<float> values = BlockValues(map.shape);
  math::BlockLoss sums;
  ForBlocks(map, batch, {}, values, [&](auto&, std::size_t first, std::size_t count) {
    const math::BlockLoss block = loss(values.data(), batch.labels() + first, count, map.shape.outputs);
    sums.loss += block.loss;
    sums.correct += block.correct;
  });
  return ScoreOf(sums, batch.rows());
}

Score AddGradient(const LinearMap& map, const RowSpan& batch, math::LossKernel loss, std::span<float> gradient) {
  std::vector<float> values = BlockValues(map.shape);
  math::BlockLoss sums;
  ForBlocks(map, batch, gradient, values, [&](auto& rows, std::size_t first, std::size_t count) {
    const math::BlockLoss block = loss(values.data(), batch.labels() + first, count, map.shape.outputs);
    sums.loss += block.loss;
    sums.correct += block.correct;
    rows.Backward(values.data());
    if (first + count == batch.rows()) rows.Flush();
  });
  return ScoreOf(sums, batch.rows());
}

void Predict(const LinearMap& map, const RowSpan& batch, math::LossKernel link, std::span<float> values) {
  const std::size_t outputs = map.shape.outputs;
  const std::vector<float> no_class(math::kBlockRows, -1.0F);
  std::vector<float> block = BlockValues(map.shape);
  ForBlocks(map, batch, {}, block, [&](auto&, std::size_t first, std::size_t count) {
    if (link != nullptr) link(block.data(), no_class.data(), count, outputs);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < outputs; ++c) {
        values[(first + i) * outputs + c] = block[c * math::kBlockRows + i];
      }
    }
  });
}

}  // namespace lambdaml::linear

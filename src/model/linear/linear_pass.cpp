// SPDX-License-Identifier: Apache-2.0
#include "model/linear/linear_pass.h"

#include <algorithm>
#include <array>
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

constexpr auto kOnes = [] {
  std::array<float, math::kBlockRows> ones{};
  ones.fill(1);
  return ones;
}();

// The losses of the blocks of a batch, added up.
class LossOfBlocks {
 public:
  LossOfBlocks(const RowLoss& loss, const RowSpan& batch, std::size_t outputs)
      : loss_(loss), batch_(batch), outputs_(outputs) {}

  // Turns the values of rows first to first + count - 1 into residuals.
  void Add(std::size_t first, std::size_t count, std::span<float> values) {
    const math::LossRows rows{.labels = batch_.labels() + first,
                              .weights = WeightsOf(batch_.labels() + first, count),
                              .rows = count,
                              .outputs = outputs_,
                              .delta = loss_.delta};
    const math::BlockLoss block = loss_.kernel(rows, values.data());
    score_.loss += block.loss;
    score_.correct += block.correct;
    score_.squares += block.squares;
    score_.rows += static_cast<double>(count);
  }

  const Score& score() const { return score_; }

 private:
  const float* WeightsOf(const float* labels, std::size_t count) {
    if (loss_.class_weights.empty()) return kOnes.data();
    const auto classes = static_cast<float>(loss_.class_weights.size());
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_class = labels[i] >= 0 && labels[i] < classes;
      weights_[i] = is_class ? loss_.class_weights[static_cast<std::size_t>(labels[i])] : 1;
    }
    return weights_.data();
  }

  const RowLoss loss_;
  const RowSpan batch_;
  const std::size_t outputs_;
  std::array<float, math::kBlockRows> weights_{};
  Score score_;
};

}  // namespace

Score SumLosses(const LinearMap& map, const RowSpan& batch, const RowLoss& loss) {
  std::vector<float> values = BlockValues(map.shape);
  LossOfBlocks sum(loss, batch, map.shape.outputs);
  ForBlocks(map, batch, {}, values,
            [&](auto&, std::size_t first, std::size_t count) { sum.Add(first, count, values); });
  return sum.score();
}

Score AddGradient(const LinearMap& map, const RowSpan& batch, const RowLoss& loss, std::span<float> gradient) {
  std::vector<float> values = BlockValues(map.shape);
  LossOfBlocks sum(loss, batch, map.shape.outputs);
  ForBlocks(map, batch, gradient, values, [&](auto& rows, std::size_t first, std::size_t count) {
    sum.Add(first, count, values);
    rows.Backward(values.data());
    if (first + count == batch.rows()) rows.Flush();
  });
  return sum.score();
}

void Predict(const LinearMap& map, const RowSpan& batch, math::LossKernel link, std::span<float> values) {
  const std::size_t outputs = map.shape.outputs;
  const std::vector<float> no_class(math::kBlockRows, -1.0F);
  std::vector<float> block = BlockValues(map.shape);
  ForBlocks(map, batch, {}, block, [&](auto&, std::size_t first, std::size_t count) {
    if (link != nullptr) {
      link({.labels = no_class.data(), .weights = kOnes.data(), .rows = count, .outputs = outputs}, block.data());
    }
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < outputs; ++c) {
        values[(first + i) * outputs + c] = block[c * math::kBlockRows + i];
      }
    }
  });
}

}  // namespace lambdaml::linear

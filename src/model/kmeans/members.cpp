// SPDX-License-Identifier: Apache-2.0
#include "model/kmeans/members.h"

#include <algorithm>

namespace lambdaml::kmeans {

namespace {

// Rows between two flushes: enough for the flush to cost less than the rows.
std::size_t FlushRows(std::size_t clusters) { return std::max<std::size_t>(512, 4 * clusters); }

}  // namespace

Members::Members(std::span<const float> centres, const RowSpan& rows)
    : kernels_(math::BestKernels().nearest), rows_(rows), centres_(centres), counts_(centres.size() / rows.columns()) {
  if (rows.is_sparse()) {
    sparse_sums_.resize(centres.size());
  } else {
    recent_.resize(counts_.size() * kernels_.sums_size(rows.columns()));
    differences_.resize(centres.size());
  }
}

void Members::Add(const NearestCentres& nearest, std::size_t first, std::span<const std::uint32_t> numbers,
                  std::span<float> distances) {
  nearest.Measure(first, numbers, distances, recent_.empty() ? nullptr : recent_.data());
  for (const std::uint32_t number : numbers) ++counts_[number];
  unflushed_ += numbers.size();
  if (!rows_.is_sparse()) {
    if (unflushed_ >= FlushRows(counts_.size())) FlushDense();
    return;
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const SparseRow& row = rows_.sparse()[first + i];
    double* const sum = sparse_sums_.data() + numbers[i] * rows_.columns();
    for (std::uint32_t at = 0; at < row.size; ++at) sum[row.index[at]] += row.value[at];
  }
}

void Members::FlushDense() {
  kernels_.flush_sums(recent_.data(), counts_.size(), rows_.columns(), differences_.data());
  unflushed_ = 0;
}

void Members::Finish(std::span<float> offsets, std::span<double> counts) {
  if (!rows_.is_sparse()) FlushDense();
  const std::size_t columns = rows_.columns();
  for (std::size_t c = 0; c < counts_.size(); ++c) {
    counts[c] += counts_[c];
    for (std::size_t i = c * columns; i < (c + 1) * columns; ++i) {
      offsets[i] +=
          rows_.is_sparse() ? static_cast<float>(sparse_sums_[i] - counts_[c] * centres_[i]) : differences_[i];
    }
  }
}

}  // namespace lambdaml::kmeans

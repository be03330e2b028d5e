// SPDX-License-Identifier: Apache-2.0
#include "train/em/candidates.h"

#include <algorithm>
#include <limits>

#include "base/random.h"
#include "train/em/chosen_rows.h"

namespace lambdaml::em {

namespace {

constexpr std::uint64_t kPlusPlus = 0x4B4D2B2B;  // stream of random numbers
constexpr int kSteps = 10;                       // of Lloyd's method

// An index with probability proportional to its share; the last of those above 0 if rounding goes that far, and 0 if
// there is none.
std::size_t DrawOne(std::span<const double> shares, Random& random) {
  double left = 0;
  for (const double share : shares) left += share;
  left *= random.Uniform();
  std::size_t last = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!(shares[i] > 0)) continue;
    last = i;
    left -= shares[i];
    if (left < 0) break;
  }
  return last;
}

void PlusPlus(const Clusters& clusters, const Batch& candidates, std::span<const double> weights, std::uint64_t seed,
              std::span<float> centres) {
  const std::size_t columns = clusters.columns();
  Random random(seed, kPlusPlus);
  std::vector<float> least(candidates.rows(), std::numeric_limits<float>::infinity());
  std::vector<float> distances(candidates.rows());
  std::vector<std::uint32_t> unused(candidates.rows());
  std::vector<double> shares(weights.begin(), weights.end());
  for (std::size_t c = 0; c < clusters.count(); ++c) {
    const auto centre = centres.subspan(c * columns, columns);
    CopyRow(candidates, DrawOne(shares, random), centre);
    clusters.FindNearest(centre, candidates, unused, distances);
    for (std::size_t i = 0; i < least.size(); ++i) {
      least[i] = std::min(least[i], distances[i]);
      shares[i] = weights[i] * least[i];
    }
  }
}

void Step(const Clusters& clusters, const Batch& candidates, std::span<const double> weights,
          std::span<float> centres) {
  const std::size_t columns = clusters.columns();
  std::vector<std::uint32_t> nearest(candidates.rows());
  std::vector<float> distances(candidates.rows());
  clusters.FindNearest(centres, candidates, nearest, distances);
  std::vector<double> sums(centres.size());
  std::vector<double> counts(clusters.count());
  std::vector<float> values(columns);
  for (std::size_t i = 0; i < candidates.rows(); ++i) {
    CopyRow(candidates, i, values);
    counts[nearest[i]] += weights[i];
    double* const sum = sums.data() + nearest[i] * columns;
    for (std::size_t j = 0; j < columns; ++j) sum[j] += weights[i] * values[j];
  }
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const double count = counts[i / columns];
    if (count > 0) centres[i] = static_cast<float>(sums[i] / count);
  }
}

}  // namespace

void Candidates::Add(std::span<const float> rows) {
  if (!sparse_) {
    values_.insert(values_.end(), rows.begin(), rows.end());
    for (std::size_t row = 0; row < rows.size() / columns_; ++row) ends_.push_back((ends_.size() + 1) * columns_);
    return;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != 0) {
      index_.push_back(static_cast<std::uint32_t>(i % columns_));
      values_.push_back(rows[i]);
    }
    if (i % columns_ == columns_ - 1) ends_.push_back(values_.size());
  }
}

Batch Candidates::View() const {
  Batch batch;
  batch.columns = columns_;
  batch.labels.resize(ends_.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    if (sparse_) {
      batch.sparse.push_back({index_.data() + begin, values_.data() + begin, static_cast<std::uint32_t>(end - begin)});
    } else {
      batch.dense.push_back(values_.data() + begin);
    }
    begin = end;
  }
  return batch;
}

void Reduce(const Clusters& clusters, const Batch& candidates, std::span<const double> weights, std::uint64_t seed,
            std::span<float> centres) {
  PlusPlus(clusters, candidates, weights, seed, centres);
  for (int step = 0; step < kSteps; ++step) Step(clusters, candidates, weights, centres);
}

}  // namespace lambdaml::em

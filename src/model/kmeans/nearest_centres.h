// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds the nearest centre of rows, dense or sparse, in blocks of up to math::kNearestRows. Centres and rows must
// outlive it. Sparse rows take a copy of the centres, column by column.
//
// Which centre is nearest is decided by  c.x - |c|^2 / 2  in single precision. Where centres lie far from 0 beside the
// distances between them, that would cancel; so the decision is made about centres moved near to 0, which changes the
// scores of a row by a number that all centres share. The distance itself is summed from differences.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/batch.h"
#include "math/kernels.h"

namespace lambdaml::kmeans {

class NearestCentres {
 public:
  // `centres`: any positive number of them, row-major.
  NearestCentres(std::span<const float> centres, const RowSpan& rows);

  std::size_t count() const { return count_; }

  // The numbers of the nearest centres of the rows from `first` on, the first of equally near ones.
  void Find(std::size_t first, std::span<std::uint32_t> numbers) const;

  // Squared distances of the rows from `first` on to the centres of these numbers. `sums`, of dense rows, has
  // math::NearestKernels::sums_size() values for each centre, to which the differences are added; or is null.
  void Measure(std::size_t first, std::span<const std::uint32_t> numbers, std::span<float> distances,
               float* sums) const;

 private:
  void Pack(std::span<const float> near_zero, std::span<const float> heights);
  double SparseDistance(const SparseRow& row, std::uint32_t number) const;

  const math::NearestKernels& kernels_;
  RowSpan rows_;
  std::span<const float> centres_;
  std::size_t count_;
  std::vector<float> packed_;
  const float* aligned_ = nullptr;  // where the packed centres begin in packed_
  std::vector<double> squares_;     // |c|^2, for sparse rows
};

}  // namespace lambdaml::kmeans

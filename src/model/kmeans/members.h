// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sums over the rows of each cluster. Each sum is kept twice over, so that what is added meets a number that is not
// much larger: of dense rows the differences to the centre, in single precision for hundreds of rows at a time; of
// sparse rows, whose differences would not be sparse, the rows themselves in double precision.

#include <cstdint>
#include <span>
#include <vector>

#include "data/batch.h"
#include "math/kernels.h"
#include "model/kmeans/nearest_centres.h"

namespace lambdaml::kmeans {

class Members {
 public:
  Members(std::span<const float> centres, const RowSpan& rows);

  // Adds the rows from `first` on, and writes their squared distances to the centres of these numbers.
  void Add(const NearestCentres& nearest, std::size_t first, std::span<const std::uint32_t> numbers,
           std::span<float> distances);

  // Adds row - centre, over all rows that were added, to `offsets`, and to `counts` how many there were.
  void Finish(std::span<float> offsets, std::span<double> counts);

 private:
  void FlushDense();

  const math::NearestKernels& kernels_;
  RowSpan rows_;
  std::span<const float> centres_;
  std::vector<double> counts_;
  std::vector<float> recent_;        // of dense rows: differences since the last flush, in the kernel's form
  std::vector<float> differences_;   // before
  std::size_t unflushed_ = 0;        // rows
  std::vector<double> sparse_sums_;  // of sparse rows
};

}  // namespace lambdaml::kmeans

// SPDX-License-Identifier: Apache-2.0
#pragma once

// What expectation maximisation and its seeding need of a model whose parameters are the centres of clusters,
// count() x columns(), row-major.

#include <cstddef>
#include <cstdint>
#include <span>

#include "data/batch.h"
#include "model/model.h"

namespace lambdaml {

class Clusters {
 public:
  virtual ~Clusters() = default;

  virtual std::size_t count() const = 0;
  virtual std::size_t columns() const = 0;

  // The E step: for the nearest centre c of each row x (the first of equally near ones) adds x - c to row c of
  // `offsets` (count() x columns()) and 1 to counts[c]. The loss is the sum of |x - c|^2. The M step, c + offsets /
  // counts, is the caller's, who adds over ranks first. Differences instead of sums keep their precision when the
  // centres hardly move.
  virtual Score AddMembers(std::span<const float> centres, const RowSpan& rows, std::span<float> offsets,
                           std::span<double> counts) const = 0;

  // For each row the number of the nearest of `centres`, of which there may be any number, and its squared distance.
  virtual void FindNearest(std::span<const float> centres, const RowSpan& rows, std::span<std::uint32_t> nearest,
                           std::span<float> distances) const = 0;
};

}  // namespace lambdaml

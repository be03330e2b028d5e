// SPDX-License-Identifier: Apache-2.0
#pragma once

// Candidates for centres, and choosing centres among them, on one rank.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/batch.h"
#include "model/clusters.h"

namespace lambdaml::em {

// Rows with their values.
class Candidates {
 public:
  Candidates(bool sparse, std::size_t columns) : sparse_(sparse), columns_(columns) {}

  // Any number of rows, row-major.
  void Add(std::span<const float> rows);

  // Valid until the next Add.
  Batch View() const;

 private:
  bool sparse_;
  std::size_t columns_;
  std::vector<float> values_;         // all, or those that are not 0
  std::vector<std::uint32_t> index_;  // of sparse rows
  std::vector<std::size_t> ends_;     // of each row in values_
};

// Chooses centres by weighted k-means++ (Arthur, Vassilvitskii: k-means++: the advantages of careful seeding, SODA
// 2007) and moves them by some steps of Lloyd's method. A weight counts the rows that a candidate stands for.
void Reduce(const Clusters& clusters, const Batch& candidates, std::span<const double> weights, std::uint64_t seed,
            std::span<float> centres);

}  // namespace lambdaml::em

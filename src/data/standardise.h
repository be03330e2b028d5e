// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns brought to mean 0 and standard deviation 1. Each rank takes the sums of its own training rows, the ranks add
// them, and every rank derives the same Standardisation from the totals, whatever the number of ranks:
//
//   std::vector<double> sums = ColumnSums(train);
//   TRY(peers.AllReduce(sums));
//   std::vector<double> squares = ColumnSquares(train, sums);
//   TRY(peers.AllReduce(squares));
//   const Standardisation standardisation = StandardisationOf(form, sums, squares);
//   const StandardisedRows rows = Standardise(standardisation, train);
//
// The mean is known before squares are taken, so no digits cancel (the two-pass algorithm of Chan, Golub, LeVeque:
// Algorithms for computing the sample variance, 1983). Sparse rows are scaled and not centred, which would fill them.

#include <span>
#include <vector>

#include "data/batch.h"

namespace lambdaml {

// For each column the sum of its values, and then the number of rows. Values that a sparse row does not give are 0.
std::vector<double> ColumnSums(const RowSpan& rows);

// For each column the sum of the squared differences from its mean; `sums` are the ColumnSums of all ranks.
std::vector<double> ColumnSquares(const RowSpan& rows, std::span<const double> sums);

// A value x becomes (x - mean) / scale. One of each a column.
struct Standardisation {
  std::vector<float> mean;   // all 0 for sparse rows
  std::vector<float> scale;  // the standard deviation (over the rows, not one less); 1 for a constant column
};

enum class RowForm { kDense, kSparse };  // of the dataset: a rank without rows cannot see it in its batch

// From the totals of all ranks, which have at least one row.
Standardisation StandardisationOf(RowForm form, std::span<const double> sums, std::span<const double> squares);

// Rows with values of their own; the indices of sparse rows stay where they were. Move-only: `rows` points into it.
struct StandardisedRows {
  StandardisedRows() = default;
  StandardisedRows(StandardisedRows&&) = default;
  StandardisedRows& operator=(StandardisedRows&&) = default;
  StandardisedRows(const StandardisedRows&) = delete;
  StandardisedRows& operator=(const StandardisedRows&) = delete;
  ~StandardisedRows() = default;

  std::vector<float> values;
  Batch rows;
};

// `rows` have as many columns as the standardisation. The same bits on every processor.
StandardisedRows Standardise(const Standardisation& standardisation, const RowSpan& rows);

}  // namespace lambdaml

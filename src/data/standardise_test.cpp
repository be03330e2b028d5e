// SPDX-License-Identifier: Apache-2.0
#include "data/standardise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "data/dataset.h"

namespace lambdaml {
namespace {

constexpr std::size_t kRows = 1001;
constexpr std::size_t kColumns = 4;

// Columns: a standard normal; one of mean 10,000 and deviation 0.5; a constant; one that is mostly 0.
struct Rows {
  Rows() {
    Random random(1, 1);
    for (std::size_t row = 0; row < kRows; ++row) {
      const bool given = row % 5 == 0;
      values.insert(values.end(), {static_cast<float>(random.Normal()), static_cast<float>(1e4 + 0.5 * random.Normal()),
                                   0.1F, given ? 3.0F : 0.0F});
    }
    dense.columns = sparse.columns = kColumns;
    for (std::size_t row = 0; row < kRows; ++row) {
      const float* const first = values.data() + row * kColumns;
      dense.dense.push_back(first);
      sparse.sparse.push_back({kIndices, first, row % 5 == 0 ? 4U : 3U});
      dense.labels.push_back(static_cast<float>(row % 2));
      sparse.labels.push_back(static_cast<float>(row % 2));
    }
  }

  static constexpr std::uint32_t kIndices[] = {0, 1, 2, 3};
  std::vector<float> values;
  Batch dense;
  Batch sparse;  // the same rows
};

std::vector<double> Sum(std::vector<double> total, const std::vector<double>& more) {
  for (std::size_t i = 0; i < total.size(); ++i) total[i] += more[i];
  return total;
}

// As `ranks` ranks find it.
Standardisation Fit(RowForm form, const RowSpan& rows, int ranks) {
  const auto part = [&rows, ranks](int rank) {
    const RowRange range = PartOf(rows.rows(), rank, ranks);
    return rows.Part(range.begin, range.end);
  };
  std::vector<double> sums(rows.columns() + 1);
  for (int rank = 0; rank < ranks; ++rank) sums = Sum(std::move(sums), ColumnSums(part(rank)));
  std::vector<double> squares(rows.columns());
  for (int rank = 0; rank < ranks; ++rank) squares = Sum(std::move(squares), ColumnSquares(part(rank), sums));
  return StandardisationOf(form, sums, squares);
}

TEST(Standardise, DenseColumnsGetMeanZeroAndDeviationOne) {
  const Rows rows;
  const StandardisedRows made = Standardise(Fit(RowForm::kDense, rows.dense, 1), rows.dense);
  ASSERT_EQ(made.rows.rows(), kRows);
  EXPECT_EQ(made.rows.labels, rows.dense.labels);
  for (const std::size_t column : {0U, 1U, 3U}) {
    double sum = 0;
    double squares = 0;
    for (const float* const row : made.rows.dense) {
      sum += static_cast<double>(row[column]);
      squares += static_cast<double>(row[column]) * static_cast<double>(row[column]);
    }
    EXPECT_NEAR(sum / kRows, 0, column == 1 ? 1e-3 : 1e-6) << column;  // a float of 10,000 has steps of 0.001
    EXPECT_NEAR(squares / kRows, 1, 1e-5) << column;
  }
}

TEST(Standardise, AConstantColumnIsCentredOnly) {
  const Rows rows;
  const Standardisation fit = Fit(RowForm::kDense, rows.dense, 3);
  EXPECT_EQ(fit.scale[2], 1.0F);
  for (const float* const row : Standardise(fit, rows.dense).rows.dense) ASSERT_EQ(row[2], 0.0F);
}

TEST(Standardise, SparseRowsAreScaledOnly) {
  const Rows rows;
  const Standardisation dense = Fit(RowForm::kDense, rows.dense, 1);
  const Standardisation sparse = Fit(RowForm::kSparse, rows.sparse, 1);
  EXPECT_EQ(sparse.mean, std::vector<float>(kColumns, 0.0F));
  for (std::size_t column = 0; column < kColumns; ++column) {
    EXPECT_NEAR(sparse.scale[column], dense.scale[column], 1e-6F * dense.scale[column]) << column;
  }
  EXPECT_NEAR(sparse.scale[3], 3 * std::sqrt(201.0 / kRows * 800.0 / kRows), 1e-5);
  const StandardisedRows made = Standardise(sparse, rows.sparse);
  ASSERT_EQ(made.rows.rows(), kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    const SparseRow& entries = made.rows.sparse[row];
    ASSERT_EQ(entries.size, rows.sparse.sparse[row].size);
    for (std::uint32_t i = 0; i < entries.size; ++i) {
      ASSERT_EQ(entries.index[i], i);
      ASSERT_FLOAT_EQ(entries.value[i], rows.sparse.sparse[row].value[i] / sparse.scale[i]);
    }
  }
}

TEST(Standardise, AnyNumberOfRanksFindsTheSame) {
  const Rows rows;
  const Batch* const forms[] = {&rows.dense, &rows.sparse};
  for (const Batch* const batch : forms) {
    const RowForm form = batch->is_sparse() ? RowForm::kSparse : RowForm::kDense;
    const Standardisation one = Fit(form, *batch, 1);
    for (const int ranks : {2, 3, 7, 1500}) {  // of 1,500 some have no rows
      const Standardisation many = Fit(form, *batch, ranks);
      for (std::size_t column = 0; column < kColumns; ++column) {
        EXPECT_NEAR(many.mean[column], one.mean[column], 1e-6F * one.scale[column]) << ranks;
        EXPECT_NEAR(many.scale[column], one.scale[column], 1e-6F * one.scale[column]) << ranks;
      }
    }
  }
}

}  // namespace
}  // namespace lambdaml

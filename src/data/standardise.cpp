// SPDX-License-Identifier: Apache-2.0
#include "data/standardise.h"

#include <cmath>
#include <cstddef>
#include <limits>

namespace lambdaml {

namespace {

// A column varies if its deviation is more than what rounding makes of equal values.
bool Varies(double variance, double mean, double rows) {
  const double rounding = rows * std::numeric_limits<double>::epsilon() * mean;
  return variance > rounding * rounding &&
         std::sqrt(variance) >= static_cast<double>(std::numeric_limits<float>::min());
}

std::vector<float> Inverses(const std::vector<float>& scale) {
  std::vector<float> inverses;
  inverses.reserve(scale.size());
  for (const float s : scale) inverses.push_back(1 / s);
  return inverses;
}

void StandardiseDense(const Standardisation& standardisation, const RowSpan& from, StandardisedRows& to) {
  const std::vector<float> inverse = Inverses(standardisation.scale);
  const std::size_t columns = from.columns();
  to.values.resize(from.rows() * columns);
  to.rows.dense.reserve(from.rows());
  float* out = to.values.data();
  for (std::size_t row = 0; row < from.rows(); ++row, out += columns) {
    const float* const in = from.dense()[row];
    for (std::size_t i = 0; i < columns; ++i) out[i] = (in[i] - standardisation.mean[i]) * inverse[i];
    to.rows.dense.push_back(out);
  }
}

void ScaleSparse(const Standardisation& standardisation, const RowSpan& from, StandardisedRows& to) {
  const std::vector<float> inverse = Inverses(standardisation.scale);
  std::size_t entries = 0;
  for (std::size_t row = 0; row < from.rows(); ++row) entries += from.sparse()[row].size;
  to.values.resize(entries);
  to.rows.sparse.reserve(from.rows());
  float* out = to.values.data();
  for (std::size_t row = 0; row < from.rows(); ++row) {
    const SparseRow& in = from.sparse()[row];
    for (std::uint32_t i = 0; i < in.size; ++i) out[i] = in.value[i] * inverse[in.index[i]];
    to.rows.sparse.push_back({in.index, out, in.size});
    out += in.size;
  }
}

}  // namespace

std::vector<double> ColumnSums(const RowSpan& rows) {
  std::vector<double> sums(rows.columns() + 1);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.is_sparse()) {
      const SparseRow& entries = rows.sparse()[row];
      for (std::uint32_t i = 0; i < entries.size; ++i) sums[entries.index[i]] += static_cast<double>(entries.value[i]);
    } else {
      for (std::size_t i = 0; i < rows.columns(); ++i) sums[i] += static_cast<double>(rows.dense()[row][i]);
    }
  }
  sums.back() = static_cast<double>(rows.rows());
  return sums;
}

std::vector<double> ColumnSquares(const RowSpan& rows, std::span<const double> sums) {
  std::vector<double> mean(sums.begin(), sums.end() - 1);
  for (double& m : mean) m /= sums.back();
  std::vector<double> squares(rows.columns());
  std::vector<double> given(rows.columns());  // entries, of sparse rows
  const auto add = [&squares, &mean](std::size_t column, float value) {
    const double difference = static_cast<double>(value) - mean[column];
    squares[column] += difference * difference;
  };
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (!rows.is_sparse()) {
      for (std::size_t i = 0; i < rows.columns(); ++i) add(i, rows.dense()[row][i]);
      continue;
    }
    const SparseRow& entries = rows.sparse()[row];
    for (std::uint32_t i = 0; i < entries.size; ++i) {
      add(entries.index[i], entries.value[i]);
      given[entries.index[i]] += 1;
    }
  }
  if (!rows.is_sparse()) return squares;
  for (std::size_t i = 0; i < squares.size(); ++i) {
    squares[i] += (static_cast<double>(rows.rows()) - given[i]) * mean[i] * mean[i];
  }
  return squares;
}

Standardisation StandardisationOf(RowForm form, std::span<const double> sums, std::span<const double> squares) {
  Standardisation standardisation;
  const double rows = sums.back();
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const double mean = sums[i] / rows;
    const double variance = squares[i] / rows;
    standardisation.mean.push_back(form == RowForm::kDense ? static_cast<float>(mean) : 0.0F);
    standardisation.scale.push_back(Varies(variance, mean, rows) ? static_cast<float>(std::sqrt(variance)) : 1.0F);
  }
  return standardisation;
}

StandardisedRows Standardise(const Standardisation& standardisation, const RowSpan& rows) {
  StandardisedRows standardised;
  standardised.rows.columns = rows.columns();
  standardised.rows.labels.assign(rows.labels(), rows.labels() + rows.rows());
  if (rows.is_sparse()) {
    ScaleSparse(standardisation, rows, standardised);
  } else {
    StandardiseDense(standardisation, rows, standardised);
  }
  return standardised;
}

}  // namespace lambdaml

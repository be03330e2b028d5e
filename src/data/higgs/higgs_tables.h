// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the HIGGS look-alike imitates: for each class and column the quantiles (or the shares of a column's three
// values), and the correlations of the normal scores. Class 0 is background, class 1 signal.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lambdaml::higgs {

inline constexpr std::size_t kColumns = 28;
inline constexpr double kSignalShare = 0.52992;

// The shares at which quantiles were taken.
inline constexpr std::array kQuantileShares{0.0002, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.9998};

struct Column {
  std::string_view name;
  bool atoms;                                                          // takes three values only
  std::array<std::array<double, kQuantileShares.size()>, 2> by_class;  // quantiles, or shares of the first two values
  std::array<double, 3> values;                                        // of a column of atoms
};

extern const std::array<Column, kColumns> kColumnTable;

// Between the normal scores of two columns; pairs that are not listed have none.
struct Correlation {
  std::uint8_t row;
  std::uint8_t column;
  double value;
};

std::span<const Correlation> Correlations(bool signal);

}  // namespace lambdaml::higgs

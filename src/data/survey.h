// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must be known of a split before its first row can be written: how many rows and columns, and which labels.

#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>

namespace lambdaml {

struct RowBlock;

struct Survey {
  static constexpr std::size_t kClassesMax = 10000;

  bool sparse = false;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;  // dense
  std::uint64_t entries = 0;  // sparse
  std::uint64_t index_min = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t index_max = 0;
  bool whole = true;            // every label is an integer
  bool many = false;            // there are more than kClassesMax distinct labels, and they are not kept
  std::set<double> labels;      // distinct
  std::set<std::string> names;  // distinct, where labels are texts

  void Add(const RowBlock& block);
  void AddLabels(std::span<const double> more);
};

}  // namespace lambdaml

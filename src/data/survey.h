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

// The smallest and the largest of some numbers.
struct Extent {
  std::uint64_t min = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max = 0;

  void Add(std::uint64_t number) {
    min = number < min ? number : min;
    max = number > max ? number : max;
  }
};

struct Survey {
  static constexpr std::size_t kClassesMax = 10000;

  bool sparse = false;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;  // dense; sparse: 0 where only the indices tell
  std::uint64_t entries = 0;  // sparse
  Extent index;               // sparse
  bool pairs = false;         // of users and items
  Extent users;
  Extent items;
  bool whole = true;            // every label is an integer
  bool many = false;            // there are more than kClassesMax distinct labels, and they are not kept
  std::set<double> labels;      // distinct
  std::set<std::string> names;  // distinct, where labels are texts

  void Add(const RowBlock& block);  // a file's blocks are of one form
  void AddLabels(std::span<const double> more);

 private:
  void AddIndices(const RowBlock& block);
};

}  // namespace lambdaml

// SPDX-License-Identifier: Apache-2.0
#include "data/survey.h"

#include <algorithm>
#include <cmath>

#include "data/format.h"

namespace lambdaml {

void Survey::Add(const RowBlock& block) {
  rows += block.rows();
  sparse = block.sparse;
  pairs = block.pairs;
  columns = block.columns;
  entries += block.index.size();
  AddIndices(block);
  if (block.names.empty()) {
    AddLabels(block.labels);
  } else {
    names.insert(block.names.begin(), block.names.end());
    many = many || names.size() > kClassesMax;
  }
}

void Survey::AddIndices(const RowBlock& block) {
  if (block.pairs) {
    for (std::size_t row = 0; row < block.rows(); ++row) {
      users.Add(block.index[2 * row]);
      items.Add(block.index[2 * row + 1]);
    }
    return;
  }
  std::uint32_t begin = 0;
  for (const std::uint32_t end : block.ends) {  // indices ascend within a row
    if (begin == end) continue;
    index.Add(block.index[begin]);
    index.Add(block.index[end - 1]);
    begin = end;
  }
}

void Survey::AddLabels(std::span<const double> more) {
  if (many) return;
  double last = std::numeric_limits<double>::quiet_NaN();
  for (const double label : more) {
    if (label == last) continue;
    last = label;
    whole = whole && std::floor(label) == label && std::abs(label) < 0x1p53;
    labels.insert(label);
  }
  many = labels.size() > kClassesMax;
  if (many) labels.clear();
}

}  // namespace lambdaml

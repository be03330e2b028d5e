// SPDX-License-Identifier: Apache-2.0
#include "data/survey.h"

#include <algorithm>
#include <cmath>

#include "data/format.h"

namespace lambdaml {

void Survey::Add(const RowBlock& block) {
  rows += block.rows();
  sparse = block.sparse;
  columns = block.columns;
  entries += block.index.size();
  std::uint32_t begin = 0;
  for (const std::uint32_t end : block.ends) {  // indices ascend within a row
    if (begin == end) continue;
    index_min = std::min<std::uint64_t>(index_min, block.index[begin]);
    index_max = std::max<std::uint64_t>(index_max, block.index[end - 1]);
    begin = end;
  }
  if (block.names.empty()) {
    AddLabels(block.labels);
  } else {
    names.insert(block.names.begin(), block.names.end());
    many = many || names.size() > kClassesMax;
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

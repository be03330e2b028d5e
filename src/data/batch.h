// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a dataset, by reference: a partition is all rows of a worker, a batch some of them. The values stay where
// they are, in the mapped shards; whoever made the Batch keeps them alive.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lambdaml {

// The non-zeros of one row; indices ascend and are below Batch::columns.
struct SparseRow {
  const std::uint32_t* index = nullptr;
  const float* value = nullptr;
  std::uint32_t size = 0;
};

// Either `dense` holds a pointer to `columns` values for every row, or `sparse` an entry for every row.
struct Batch {
  std::size_t columns = 0;
  std::vector<const float*> dense;
  std::vector<SparseRow> sparse;
  std::vector<float> labels;  // one a row; a class is its number, 0 to classes - 1

  std::size_t rows() const { return labels.size(); }
  bool is_sparse() const { return !sparse.empty(); }

  void Clear() {
    dense.clear();
    sparse.clear();
    labels.clear();
  }
  // Appends row `row` of `from`, which has the same columns and form.
  void Append(const Batch& from, std::size_t row) {
    if (from.is_sparse()) {
      sparse.push_back(from.sparse[row]);
    } else {
      dense.push_back(from.dense[row]);
    }
    labels.push_back(from.labels[row]);
  }
};

}  // namespace lambdaml

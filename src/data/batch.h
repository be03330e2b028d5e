// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a dataset, by reference: a partition is all rows of a worker, a batch some of them. The values stay where
// they are, in the mapped shards; whoever made the Batch keeps them alive. A RowSpan is a view of a Batch, or of some
// consecutive rows of it.

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

class RowSpan {
 public:
  RowSpan(const Batch& batch)  // implicit, as a span is of a vector
      : columns_(batch.columns),
        dense_(batch.dense.data()),
        sparse_(batch.is_sparse() ? batch.sparse.data() : nullptr),
        labels_(batch.labels.data()),
        rows_(batch.rows()) {}

  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return rows_; }
  bool is_sparse() const { return sparse_ != nullptr; }

  // Arrays of rows() elements.
  const float* const* dense() const { return dense_; }
  const SparseRow* sparse() const { return sparse_; }
  const float* labels() const { return labels_; }

  // Rows [begin, end).
  RowSpan Part(std::size_t begin, std::size_t end) const {
    RowSpan part = *this;
    if (dense_ != nullptr) part.dense_ += begin;
    if (sparse_ != nullptr) part.sparse_ += begin;
    part.labels_ += begin;
    part.rows_ = end - begin;
    return part;
  }

 private:
  std::size_t columns_;
  const float* const* dense_;
  const SparseRow* sparse_;
  const float* labels_;
  std::size_t rows_;
};

}  // namespace lambdaml

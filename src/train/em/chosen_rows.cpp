// SPDX-License-Identifier: Apache-2.0
#include "train/em/chosen_rows.h"

#include <algorithm>
#include <utility>

namespace lambdaml::em {

void CopyRow(const Batch& rows, std::size_t row, std::span<float> values) {
  if (!rows.is_sparse()) {
    std::copy_n(rows.dense[row], rows.columns, values.begin());
    return;
  }
  std::ranges::fill(values, 0.0F);
  const SparseRow& sparse = rows.sparse[row];
  for (std::uint32_t i = 0; i < sparse.size; ++i) values[sparse.index[i]] = sparse.value[i];
}

Result<ChosenRows> ChosenRows::Announce(Communicator& peers, const Batch& rows, std::vector<std::uint32_t> own) {
  ChosenRows chosen(rows);
  std::vector<double> counts(static_cast<std::size_t>(peers.size()));
  counts[static_cast<std::size_t>(peers.rank())] = static_cast<double>(own.size());
  TRY(peers.AllReduce(std::span(counts)));
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    const auto count = static_cast<std::size_t>(counts[rank]);
    if (rank < static_cast<std::size_t>(peers.rank())) chosen.before_ += count;
    chosen.count_ += count;
  }
  chosen.own_ = std::move(own);
  return chosen;
}

Result<std::vector<float>> ChosenRows::Bring(Communicator& peers, std::size_t begin, std::size_t end) const {
  const std::size_t columns = rows_->columns;
  std::vector<float> values((end - begin) * columns);
  for (std::size_t i = 0; i < own_.size(); ++i) {
    const std::size_t place = before_ + i;
    if (place < begin || place >= end) continue;
    CopyRow(*rows_, own_[i], std::span(values).subspan((place - begin) * columns, columns));
  }
  TRY(peers.AllReduce(std::span(values)));
  return values;
}

}  // namespace lambdaml::em

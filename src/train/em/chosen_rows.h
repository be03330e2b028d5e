// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows that ranks have chosen, brought to all of them. Every rank makes the same calls. Rows travel in a vector in
// which each rank fills its own places, so a sum brings them unchanged.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "comm/communicator.h"
#include "data/batch.h"

namespace lambdaml::em {

// Writes the values of a row, zeros too.
void CopyRow(const Batch& rows, std::size_t row, std::span<float> values);

class ChosenRows {
 public:
  // `own`: what this rank has chosen of `rows`, which must outlive this; ascending positions.
  static Result<ChosenRows> Announce(Communicator& peers, const Batch& rows, std::vector<std::uint32_t> own);

  // Over all ranks, in order of ranks.
  std::size_t count() const { return count_; }

  // The values of chosen rows [begin, end), row-major.
  Result<std::vector<float>> Bring(Communicator& peers, std::size_t begin, std::size_t end) const;

 private:
  explicit ChosenRows(const Batch& rows) : rows_(&rows) {}

  const Batch* rows_;
  std::vector<std::uint32_t> own_;
  std::size_t before_ = 0;  // rows that lower ranks have chosen
  std::size_t count_ = 0;
};

}  // namespace lambdaml::em

// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which rows belong to which batch. With n training rows of the whole job and batches of about B rows there are
// ceil(n / B) batches an epoch. Consecutive rows form blocks of that many rows, and a permutation seeded by the job's
// seed, the epoch and the block gives each row of a block a batch of its own (a last, shorter block likewise). So every
// row is used once an epoch, a batch takes at most one row of each block (which spreads sorted data evenly), and the
// rows of a batch do not depend on the number of ranks: a rank finds its own part of every batch without asking
// anybody.
//
// Used by one thread.

#include <cstdint>
#include <span>
#include <vector>

#include "train/algorithm.h"

namespace lambdaml {

class Sampler {
 public:
  // `batch` is the number of rows over all ranks, at least 1. Reads the task's row numbers and seed, not its rows.
  Sampler(const Task& task, std::uint64_t batch);

  std::uint64_t batches_per_epoch() const { return batches_; }

  // This rank's rows of batch `number` (counted through all epochs), as ascending positions in the task's rows. Valid
  // until the next call.
  std::span<const std::uint32_t> Rows(std::uint64_t number);

 private:
  void Shuffle(std::uint64_t epoch);
  void AssignBatches(std::uint64_t epoch);

  std::uint64_t first_row_;
  std::uint64_t rows_;
  std::uint64_t seed_;
  std::uint64_t batches_;
  std::uint64_t epoch_ = UINT64_MAX;   // of what follows
  std::vector<std::uint32_t> batch_;   // of each row
  std::vector<std::uint32_t> begins_;  // of each batch in order_, and the end
  std::vector<std::uint32_t> order_;   // rows by batch
};

}  // namespace lambdaml

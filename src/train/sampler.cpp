// SPDX-License-Identifier: Apache-2.0
#include "train/sampler.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace lambdaml {

namespace {

// Fisher and Yates, as in Knuth: The Art of Computer Programming, volume 2, algorithm P.
void Permute(std::span<std::uint32_t> numbers, Random random) {
  std::iota(numbers.begin(), numbers.end(), 0U);
  for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[random.Below(i)]);
}

}  // namespace

Sampler::Sampler(const Task& task, std::uint64_t batch)
    : first_row_(task.first_row),
      rows_(task.rows.rows()),
      seed_(task.seed),
      batches_(std::max<std::uint64_t>(1, (task.total_rows + batch - 1) / batch)) {}

std::span<const std::uint32_t> Sampler::Rows(std::uint64_t number) {
  const std::uint64_t epoch = number / batches_;
  if (epoch != epoch_) Shuffle(epoch);
  const std::uint64_t batch = number % batches_;
  return std::span<const std::uint32_t>(order_).subspan(begins_[batch], begins_[batch + 1] - begins_[batch]);
}

void Sampler::AssignBatches(std::uint64_t epoch) {
  batch_.resize(rows_);
  std::vector<std::uint32_t> permutation(batches_);
  for (std::uint64_t row = 0; row < rows_;) {
    const std::uint64_t block = (first_row_ + row) / batches_;
    Permute(permutation, Random(Mix(seed_, epoch), block));
    const std::uint64_t end = std::min((block + 1) * batches_ - first_row_, rows_);
    for (; row < end; ++row) batch_[row] = permutation[(first_row_ + row) % batches_];
  }
}

// Rows by batch, by counting.
void Sampler::Shuffle(std::uint64_t epoch) {
  AssignBatches(epoch);
  begins_.assign(batches_ + 1, 0);
  for (const std::uint32_t batch : batch_) ++begins_[batch + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  order_.resize(rows_);
  std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
  for (std::uint32_t row = 0; row < rows_; ++row) order_[next[batch_[row]]++] = row;
  epoch_ = epoch;
}

}  // namespace lambdaml

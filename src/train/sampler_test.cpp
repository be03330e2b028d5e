// SPDX-License-Identifier: Apache-2.0
#include "train/sampler.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "data/dataset.h"
#include "model/registry.h"

namespace lambdaml {
namespace {

constexpr std::uint64_t kRows = 1003;

class SamplerTest : public ::testing::Test {
 protected:
  // The rows of the whole job that are in batch `number`, from the parts of all ranks.
  std::multiset<std::uint64_t> BatchOf(int ranks, std::uint64_t batch, std::uint64_t number, std::uint64_t seed = 5) {
    std::multiset<std::uint64_t> all;
    for (int rank = 0; rank < ranks; ++rank) {
      const RowRange range = PartOf(kRows, rank, ranks);
      Batch rows;
      rows.labels.resize(range.rows());
      const Task task{.model = *model_, .rows = rows, .first_row = range.begin, .total_rows = kRows, .seed = seed};
      Sampler sampler(task, batch);
      const auto own = sampler.Rows(number);
      EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
      for (const std::uint32_t row : own) all.insert(range.begin + row);
    }
    return all;
  }

  std::uint64_t BatchesPerEpoch(std::uint64_t batch) {
    const Batch none;
    const Task task{.model = *model_, .rows = none, .total_rows = kRows};
    return Sampler(task, batch).batches_per_epoch();
  }

  std::unique_ptr<Model> model_ = MakeModel({"logistic", {}}, {.columns = 1, .classes = 2}).value();
};

TEST_F(SamplerTest, BatchesDoNotDependOnTheNumberOfRanks) {
  for (const std::uint64_t batch : {1U, 10U, 64U, 500U}) {
    const std::uint64_t last = 2 * BatchesPerEpoch(batch);
    for (std::uint64_t number = 0; number < last; number += batch == 1 ? 371 : 1) {
      const auto alone = BatchOf(1, batch, number);
      for (const int ranks : {2, 3, 4, 7}) ASSERT_EQ(BatchOf(ranks, batch, number), alone) << ranks << " " << number;
    }
  }
}

TEST_F(SamplerTest, EveryRowIsUsedOnceAnEpoch) {
  for (const std::uint64_t batch : {10U, 64U, 500U, 1003U, 5000U}) {
    const std::uint64_t batches = BatchesPerEpoch(batch);
    EXPECT_EQ(batches, (kRows + batch - 1) / batch);
    for (const std::uint64_t epoch : {0U, 3U}) {
      std::multiset<std::uint64_t> seen;
      for (std::uint64_t b = 0; b < batches; ++b) {
        const auto rows = BatchOf(3, batch, epoch * batches + b);
        EXPECT_LE(rows.size(), batch);
        EXPECT_GE(rows.size() + 1, kRows / batches);
        seen.insert(rows.begin(), rows.end());
      }
      ASSERT_EQ(seen.size(), kRows);
      EXPECT_EQ(std::set<std::uint64_t>(seen.begin(), seen.end()).size(), kRows);
      EXPECT_EQ(*seen.rbegin(), kRows - 1);
    }
  }
}

TEST_F(SamplerTest, EpochsAndSeedsDiffer) {
  const std::uint64_t batches = BatchesPerEpoch(64);
  EXPECT_NE(BatchOf(1, 64, 0), BatchOf(1, 64, batches));
  EXPECT_NE(BatchOf(1, 64, 0), BatchOf(1, 64, 0, 6));
  EXPECT_EQ(BatchOf(1, 64, 0), BatchOf(1, 64, 0));
}

TEST_F(SamplerTest, GoesBackToAnEarlierEpoch) {
  Batch rows;
  rows.labels.resize(kRows);
  const Task task{.model = *model_, .rows = rows, .total_rows = kRows, .seed = 5};
  Sampler sampler(task, 64);
  const auto first = sampler.Rows(3);
  const std::vector<std::uint32_t> kept(first.begin(), first.end());
  sampler.Rows(sampler.batches_per_epoch() + 3);
  const auto again = sampler.Rows(3);
  EXPECT_EQ(std::vector<std::uint32_t>(again.begin(), again.end()), kept);
}

}  // namespace
}  // namespace lambdaml
